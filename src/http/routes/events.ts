// Finding events: by what they say, when they happened, and how they were recorded.
import { z } from 'zod';
import { isAboutEvent } from '../../domain/fact.ts';
import type { FoundFact } from '../../projections/find-events.ts';
import { placeOf } from '../../projections/place.ts';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { recordedFilter, recordedFilters } from '../event-filters.ts';
import { occurredCursor, readCursor, sequenceCursor } from '../cursor.ts';
import { EXAMPLE_FACT, eventWithHistory, factView, listedEvent } from '../event-view.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import {
  cursor,
  day,
  eventPath,
  knownAt,
  limit,
  minSequence,
  projectionRun,
  requireOrder,
  sequence as anySequence,
} from '../parameters.ts';
import { fieldProblem, Problem } from '../problem.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

const filters = {
  ...recordedFilters,
  text: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({
      description:
        'Whole words that stand together, in this order, in a summary, a quote, a proposition, a name or a reason: in any case, ' +
        'whatever punctuation is between them.',
    }),
  from: day.optional().meta({ description: 'The first day of the window.', examples: ['2024-11-15'] }),
  to: day.optional().meta({ description: 'The last day of the window.', examples: ['2024-11-18'] }),
  match: z
    .enum(['overlap', 'contained'])
    .default('overlap')
    .meta({ description: 'Whether a date may reach beyond the window, or must lie within.' }),
};

const EXAMPLE_LISTED = { ...EXAMPLE_FACT, window: null };
const eventPage = pageOf(listedEvent, 'EventPage', EXAMPLE_LISTED);
const eventAnswer = eventWithHistory.extend({ knownSequence: sequence }).meta({
  id: 'EventAnswer',
  examples: [{ ...EXAMPLE_FACT, about: [], mentions: [], disputes: [], knownSequence: 42 }],
});

export function eventRoutes(app: App, api: Api): void {
  app.get(
    '/v1/events',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listEvents',
        tags: ['Events'],
        summary: 'Find events',
        description:
          'With `order=occurred`, facts as they are known (or were, with `knownAt`), by the date they happened: corrected ones in their ' +
          'new words, retracted ones not at all. With `order=recorded`, the log itself, as it was recorded: poll it with `afterSequence`.',
        querystring: z.strictObject({
          ...filters,
          order: z
            .enum(['occurred', 'recorded'])
            .default('occurred')
            .meta({ description: 'By the date it happened, or by the sequence in the log.' }),
          afterSequence: anySequence.meta({ description: 'Events recorded after this one; with `order=recorded`.' }),
          knownAt,
          minSequence,
          projectionRun,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(eventPage, 'A page of events.'),
          ...problems('not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { order, afterSequence, limit: size, text, from, to, match } = request.query;
      const filter = { ...recordedFilter(request.query), text, from, to, match };
      if (order === 'occurred' && afterSequence !== undefined) {
        throw fieldProblem('invalid_request', [
          { parameter: 'afterSequence', found: String(afterSequence), expected: 'order=recorded beside it' },
        ]);
      }
      if (order === 'occurred' && filter.types?.length && filter.types.every((name) => isAboutEvent({ type: name }))) {
        throw fieldProblem('invalid_request', [
          {
            parameter: 'order',
            found: 'events about other events, which did not occur in the world',
            expected: 'recorded',
          },
        ]);
      }
      requireOrder(from, to);
      const asked = await api.asking.prepare('events', request.query);
      if (order === 'recorded') {
        const after = readCursor(request, sequenceCursor) ?? afterSequence ?? 0;
        const found = reflected(
          await api.models(asked).events.inOrderOfRecording(filter, asked.knownAt, after, size + 1),
          asked,
        );
        return shown(toPage(request, reply, found, size, (item) => item.sequence));
      }
      const found = reflected(
        await api
          .models(asked)
          .events.inOrderOfOccurrence(filter, asked.knownAt, readCursor(request, occurredCursor), size + 1),
        asked,
      );
      return shown(toPage(request, reply, found, size, placeOf));
    },
  );

  app.get(
    '/v1/events/:id',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getEvent',
        tags: ['Events'],
        summary: 'One event',
        description:
          'The event as it reads now, or read at `knownAt`, with all that is said about it: corrections, retractions, further ' +
          'mentions, and rival accounts.',
        params: eventPath,
        querystring: z.strictObject({ knownAt, minSequence }),
        response: {
          200: answer(eventAnswer, 'The event.', {
            ETag: 'The version of its stream: what `If-Match` expects of the next event about it.',
          }),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const asked = await api.asking.prepare('events', request.query);
      const { fact, about, version, sequence: knownSequence } = await api.models(asked).events.find(id, asked.knownAt);
      if (!fact) throw new Problem('not_found', `No event ${id} was recorded up to sequence ${knownSequence}.`);
      void reply.header('etag', `"${version}"`);
      const standing = (type: string) =>
        about.filter((one) => one.type === type && one.retracted === null).map(factView);
      const said = { mentions: standing('EventCorroborated'), disputes: standing('EventDisputed') };
      return { ...factView(fact), about: about.map(factView), ...said, knownSequence };
    },
  );

  app.get(
    '/v1/events/:id/reactions',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listReactions',
        tags: ['Events'],
        summary: 'Who reacted to an event',
        description: 'The reactions issued to this event, by the date they were issued; `data.sentiment` says how.',
        params: eventPath,
        querystring: z.strictObject({ knownAt, minSequence, projectionRun, limit, cursor }),
        response: {
          200: pageAnswer(eventPage, 'A page of reactions.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit: size } = request.query;
      const asked = await api.asking.prepare('events', request.query);
      const { fact } = await api.models(asked).events.find(id, null);
      if (!fact) throw new Problem('not_found', `No event ${id} was recorded.`);
      const found = reflected(
        await api.models(asked).events.reactionsTo(id, asked.knownAt, readCursor(request, occurredCursor), size + 1),
        asked,
      );
      return shown(toPage(request, reply, found, size, placeOf));
    },
  );
}

function shown<P extends { items: FoundFact[] }>(page: P) {
  return { ...page, items: page.items.map((fact) => ({ ...factView(fact), window: fact.window })) };
}
