// Actors: names, aliases, what they represent, offices over time.
import { z } from 'zod';
import { actorKind } from '../../domain/actor-kind.ts';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { readCursor, slugCursor } from '../cursor.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { actorPath, cursor, limit, moment } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { requireActor } from '../require-slug.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

const EXAMPLE_ACTOR = {
  actor: 'jens-stoltenberg',
  kind: 'person',
  name: 'Jens Stoltenberg',
  aliases: ['Stoltenberg'],
  represents: null,
  iso3166: null,
  wikidata: 'Q57665',
  offices: [
    {
      office: 'Secretary General',
      of: 'nato',
      from: '2014-10-01',
      until: '2024-10-01',
      status: 'former',
      assumedBy: '01932c00-0000-7000-9000-000000000030',
      vacatedBy: '01932c00-0000-7000-9000-000000000031',
    },
  ],
  registeredBy: '01932c00-0000-7000-9000-000000000012',
};

const actorShape = {
  actor: z.string(),
  kind: actorKind,
  name: z.string().meta({ description: 'On the day asked for.' }),
  aliases: z.array(z.string()),
  represents: z.string().nullable(),
  iso3166: z.string().nullable(),
  wikidata: z.string().nullable(),
  offices: z.array(
    z.object({
      office: z.string(),
      of: z.string(),
      from: z.string().meta({ description: 'EDTF.' }),
      until: z.string().nullable().meta({ description: 'EDTF; null while no end is recorded.' }),
      status: z.enum(['current', 'former', 'future']).meta({ description: 'On the day asked for.' }),
      assumedBy: z.string().meta({ description: 'The event that records it.' }),
      vacatedBy: z.string().nullable(),
    }),
  ),
  registeredBy: z.string(),
};
const actor = z.object(actorShape).meta({ id: 'Actor', examples: [EXAMPLE_ACTOR] });
const actorAnswer = z
  .object({ ...actorShape, sequence })
  .meta({ id: 'ActorAnswer', examples: [{ ...EXAMPLE_ACTOR, sequence: 42 }] });

const kind = actorKind.optional().meta({ description: 'Only actors of this kind.' });

export function actorRoutes(app: App, api: Api): void {
  app.get(
    '/v1/actors',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listActors',
        tags: ['Actors and issues'],
        summary: 'List actors',
        description: 'All registered actors, or those of one kind, by slug.',
        querystring: z.strictObject({ kind, ...moment, limit, cursor }),
        response: {
          200: pageAnswer(pageOf(actor, 'ActorPage', EXAMPLE_ACTOR), 'A page of actors.'),
          ...problems('not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { kind, limit: size } = request.query;
      const asked = await api.asking.prepare('actors', request.query);
      const found = await api
        .models(asked)
        .actors.list(asked, { kind }, readCursor(request, slugCursor) ?? '', size + 1);
      return toPage(request, reply, reflected(found, asked), size, (item) => item.actor);
    },
  );

  app.get(
    '/v1/actors/:actor',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getActor',
        tags: ['Actors and issues'],
        summary: 'One actor',
        description:
          'Its names, what it represents, and the offices it has held, with their standing on the day asked for.',
        params: actorPath,
        querystring: z.strictObject(moment),
        response: {
          200: answer(actorAnswer, 'The actor.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async ({ params, query }) => {
      const asked = await api.asking.prepare('actors', query);
      const { item, sequence: reached } = reflected(await api.models(asked).actors.find(params.actor, asked), asked);
      if (item) return { ...item, sequence: reached };
      await requireActor(api.registry, params.actor);
      throw new Problem('not_found', `The actor "${params.actor}" was not known at sequence ${reached}.`);
    },
  );
}
