// The vocabulary: what can be recorded, meaningOf by the same values that validate it.
import { z } from 'zod';
import { meaningOf } from '../../domain/codings/coding-of.ts';
import type { EventType } from '../../domain/event-type.ts';
import { eventTypes, findEventType } from '../../domain/vocabulary.ts';
import { nearest } from '../../events/nearest.ts';
import type { App } from '../api.ts';
import { defaultCodingView, EXAMPLE_DEFAULT_CODING } from '../coding-view.ts';
import { withoutLongPattern } from '../description.ts';
import { Problem } from '../problem.ts';
import { answer, problems } from '../responses.ts';

const EXAMPLE_TYPE = {
  type: 'CallHeld',
  family: 'encounter',
  version: 2,
  summary: 'Two or more actors spoke by telephone or video.',
};
const typeShape = {
  type: z.string(),
  family: z.string(),
  version: z.int().meta({ description: 'The version of the shape of its data.' }),
  summary: z.string(),
};
const typeList = z
  .object({ items: z.array(z.object(typeShape)) })
  .meta({ id: 'EventTypeList', examples: [{ items: [EXAMPLE_TYPE] }] });
const typeAnswer = z
  .object({
    ...typeShape,
    schema: z
      .record(z.string(), z.unknown())
      .meta({ description: 'JSON Schema (2020-12) of the event as it is posted.' }),
    example: z.record(z.string(), z.unknown()),
    defaultCoding: defaultCodingView.nullable().meta({
      description: 'What the example is coded as where it says nothing else; null where the type has no code.',
    }),
  })
  .meta({
    id: 'EventTypeAnswer',
    examples: [
      {
        ...EXAMPLE_TYPE,
        schema: { type: 'object' },
        example: { type: 'CallHeld', occurred: '2024-11-15' },
        defaultCoding: EXAMPLE_DEFAULT_CODING,
      },
    ],
  });

export function eventTypeRoutes(app: App): void {
  app.get(
    '/v1/event-types',
    {
      config: { role: 'public' },
      schema: {
        operationId: 'listEventTypes',
        tags: ['Vocabulary'],
        summary: 'List event types',
        description: 'What can be recorded, by family.',
        querystring: z.strictObject({}),
        response: { 200: answer(typeList, 'All event types.'), ...problems() },
      },
    },
    async () => ({ items: eventTypes.map(headOf) }),
  );

  app.get(
    '/v1/event-types/:type',
    {
      config: { role: 'public' },
      schema: {
        operationId: 'getEventType',
        tags: ['Vocabulary'],
        summary: 'One event type',
        description: 'Its JSON Schema, an example that can be posted, and the CAMEO code it gets by default.',
        params: z.object({
          type: z.string().meta({ description: 'The name of an event type.', examples: ['CallHeld'] }),
        }),
        querystring: z.strictObject({}),
        response: { 200: answer(typeAnswer, 'The event type.'), ...problems('not_found') },
      },
    },
    async ({ params }) => {
      const type = findEventType(params.type);
      if (!type) throw unknownType(params.type);
      const cameo = type.cameo(type.example.data);
      return {
        ...headOf(type),
        schema: z.toJSONSchema(type.content, { io: 'input', unrepresentable: 'any', override: withoutLongPattern }),
        example: { type: type.type, ...type.example },
        defaultCoding: cameo === null ? null : meaningOf(cameo),
      };
    },
  );
}

function headOf({ type, family, version, summary }: EventType) {
  return { type, family, version, summary };
}

function unknownType(name: string): Problem {
  const meant = nearest(
    name,
    eventTypes.map(({ type }) => type),
  );
  return new Problem(
    'not_found',
    `There is no event type "${name.slice(0, 80)}"${meant === undefined ? '' : `; the nearest is "${meant}"`}.`,
  );
}
