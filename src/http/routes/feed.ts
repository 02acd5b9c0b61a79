// Following the log: what is recorded is told as it is recorded.
import { z } from 'zod';
import type { Api, App } from '../api.ts';
import type { Beginning } from '../event-feed.ts';
import { recordedFilter, recordedFilters } from '../event-filters.ts';
import { message } from '../event-stream.ts';
import { EXAMPLE_EVENT } from '../event-view.ts';
import { digits, sequence } from '../parameters.ts';
import { fieldProblem } from '../problem.ts';
import { problems } from '../responses.ts';
import { shown } from '../schema-errors.ts';

const LAST_EVENT_ID = 'Last-Event-ID';

const anySequence = digits(z.int().min(0));

export function feedRoutes(app: App, { feed, streams }: Api): void {
  app.get(
    '/v1/events/feed',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'followEvents',
        tags: ['Events'],
        summary: 'Follow the log',
        description:
          'Server-sent events: every event as it is recorded, in the order of the log, without end. `id` is its sequence, `data` the ' +
          'event in one line of JSON, as `POST /v1/events` answers it. No message has an `event` name, so that a browser’s EventSource ' +
          'has them all in `onmessage`. It begins after `Last-Event-ID` or `afterSequence`, else at the end of the log, and whoever ' +
          'comes back with the last id has missed nothing and gets nothing twice. Events are told as they were recorded: corrections ' +
          'and retractions follow as events of their own. After 15 seconds of silence there is a comment, with the sequence up to ' +
          'which the filters have passed over everything as its `id`; coming back to an earlier one is right as well, and only slower. ' +
          'What follows from an event may not be in the other answers yet: ask them with `minSequence`.',
        headers: z.looseObject({
          'last-event-id': z.string().optional().meta({
            description:
              'Events recorded after this sequence; sent by an EventSource that comes back, it goes before `afterSequence`.',
          }),
        }),
        querystring: z.strictObject({
          ...recordedFilters,
          afterSequence: sequence.meta({
            description: 'Events recorded after this sequence; from now on where it is left out.',
          }),
        }),
        response: {
          200: {
            description: 'Events until the client ends it, or the server closes.',
            content: {
              'text/event-stream': {
                schema: z.string().meta({ examples: [message({ id: EXAMPLE_EVENT.sequence, data: EXAMPLE_EVENT })] }),
              },
            },
          },
          ...problems('newer_than_this_code'),
        },
      },
    },
    async (request, reply) => {
      const { afterSequence } = request.query;
      const asked = afterSequence === undefined ? undefined : { after: afterSequence, parameter: 'afterSequence' };
      const beginning = lastSeen(request.headers['last-event-id']) ?? asked;
      await streams.send(request, reply, (gone) => feed.follow(beginning, recordedFilter(request.query), gone));
    },
  );
}

/** What a client that comes back says it has seen last. */
function lastSeen(header: string | undefined): Beginning | undefined {
  if (header === undefined) return undefined;
  const parsed = anySequence.safeParse(header);
  if (parsed.success) return { after: parsed.data, header: LAST_EVENT_ID };
  throw fieldProblem('invalid_request', [
    { header: LAST_EVENT_ID, found: shown(header), expected: 'the sequence of an event, such as 42' },
  ]);
}
