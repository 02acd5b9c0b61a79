// Recording events: one a request, or many.
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { eventTypes } from '../../domain/vocabulary.ts';
import { isInLog } from '../../events/submission.ts';
import type { Api, App } from '../api.ts';
import { recordAtomically, recordBatch } from '../batch.ts';
import { EXAMPLE_EVENT, recordedEvent, recordedView } from '../event-view.ts';
import { readNdjson, type Line } from '../ndjson.ts';
import { sequence } from '../page.ts';
import { parseEvent } from '../parse-event.ts';
import { fieldProblem } from '../problem.ts';
import { itemResult, problemOf, type ItemResult } from '../recording.ts';
import { problems } from '../responses.ts';

/** Who records where no keys are configured: whoever can reach the loopback. */
const RECORDED_BY = 'local';

const BATCH_BYTES = 16 * 1_048_576;

const contents = eventTypes.map(({ content }) => content);
const newEvent = z
  .discriminatedUnion('type', contents as unknown as [(typeof contents)[number] & z.core.$ZodTypeDiscriminable])
  .meta({ id: 'NewEvent', description: 'What a client says has happened; `type` decides about the rest.' });

const batchAnswer = z.object({ results: z.array(itemResult), sequence }).meta({
  id: 'BatchAnswer',
  examples: [{ results: [{ index: 0, status: 'recorded', id: EXAMPLE_EVENT.id, sequence: 42 }], sequence: 42 }],
});

export function recordingRoutes(app: App, { recorder }: Api): void {
  app.post(
    '/v1/events',
    {
      schema: {
        operationId: 'recordEvent',
        tags: ['Events'],
        summary: 'Record an event',
        description:
          'Appends one event. An `id` makes the post idempotent: the same id with the same content answers with the first result, ' +
          'with other content it is a conflict. `If-Match` makes it conditional on the version of the stream (`"0"`: a new one).',
        headers: z.looseObject({
          'if-match': z.string().optional().meta({ description: 'The version the stream must be in, quoted: `"3"`.' }),
        }),
        querystring: z.strictObject({}),
        body: newEvent,
        response: {
          201: recordedEvent,
          200: recordedEvent.meta({
            description: 'It had been recorded before; `Idempotent-Replayed: true`.',
          }),
          ...problems(
            'invalid_json',
            'id_reused',
            'version_conflict',
            'event_refused',
            'log_overloaded',
            'payload_too_large',
            'unsupported_media_type',
          ),
        },
      },
    },
    async (request, reply) => {
      const event = parseEvent(request.body);
      const outcomes = await recorder.record([{ event, recordedBy: RECORDED_BY, expectedVersion: ifMatch(request) }]);
      const outcome = outcomes[0]!;
      if (!isInLog(outcome)) throw problemOf(outcome);
      const { event: recorded, status } = outcome;
      void reply.header('location', `/v1/events/${recorded.id}`).header('etag', `"${recorded.version}"`);
      if (status === 'duplicate') void reply.header('idempotent-replayed', 'true');
      return reply.code(status === 'recorded' ? 201 : 200).send(recordedView(recorded));
    },
  );

  app.post(
    '/v1/events/batch',
    {
      bodyLimit: BATCH_BYTES,
      schema: {
        operationId: 'recordBatch',
        tags: ['Events'],
        summary: 'Record many events',
        description:
          'A JSON array, or newline-delimited JSON (`application/x-ndjson`) of any length. One result for each item, whatever became of ' +
          'the others; later items see earlier ones. An item may carry `expectedVersion`. With `atomic=true` all are recorded or none.',
        querystring: z.strictObject({ atomic: z.enum(['true', 'false']).default('false') }),
        body: z.array(newEvent),
        response: {
          200: batchAnswer,
          ...problems('invalid_json', 'batch_refused', 'log_overloaded', 'payload_too_large', 'unsupported_media_type'),
        },
      },
    },
    async (request, reply) => {
      const lines = linesOf(request.body);
      if (request.query.atomic === 'true') {
        const results = await recordAtomically(recorder, lines, RECORDED_BY);
        return { results, sequence: lastSequence(results) };
      }
      const chunks = recordBatch(recorder, lines, RECORDED_BY);
      // The first chunk decides about the status; after it the answer is on its way.
      const first = await chunks.next();
      const answer = Readable.from(answerText(first.done ? [] : first.value, chunks));
      return reply.type('application/json; charset=utf-8').send(answer as never);
    },
  );

  // Read line by line as it arrives, so that its length does not matter.
  app.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
}

function linesOf(body: unknown): AsyncIterable<Line> {
  if (body instanceof Readable) return readNdjson(body);
  if (Array.isArray(body)) return Readable.from(body.map((value): Line => ({ value })));
  throw fieldProblem('invalid_request', [
    { pointer: '', found: body === undefined ? 'nothing' : 'something else', expected: 'an array of events' },
  ]);
}

/** The answer as it grows: a batch may have more results than should be held. */
async function* answerText(first: ItemResult[], chunks: AsyncIterable<ItemResult[]>): AsyncGenerator<string> {
  let last = lastSequence(first);
  yield `{"results":[${first.map((result) => JSON.stringify(result)).join(',')}`;
  for await (const results of chunks) {
    last = Math.max(last, lastSequence(results));
    yield results.map((result) => `,${JSON.stringify(result)}`).join('');
  }
  yield `],"sequence":${last}}`;
}

function lastSequence(results: ItemResult[]): number {
  return results.reduce((last, { sequence: own }) => Math.max(last, own ?? 0), 0);
}

/** The version that `If-Match` expects; a stream that does not exist yet has version 0. */
function ifMatch(request: FastifyRequest): number | undefined {
  const value = request.headers['if-match'];
  if (value === undefined) return undefined;
  const version = /^"(\d{1,9})"$/.exec(value)?.[1];
  if (version !== undefined) return Number(version);
  throw fieldProblem('invalid_request', [
    {
      parameter: 'If-Match',
      found: JSON.stringify(value.slice(0, 40)),
      expected: 'one version in quotes, such as "3"',
    },
  ]);
}
