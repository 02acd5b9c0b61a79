// Recording events: one a request, or many.
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Access } from '../../access/access.ts';
import { CallHeld } from '../../domain/event-types.ts';
import { eventTypes } from '../../domain/vocabulary.ts';
import { includes } from '../../access/role.ts';
import type { LogStore } from '../../events/log-database.ts';
import { readHead, readSequences } from '../../events/read-log.ts';
import type { Recorder } from '../../events/recorder.ts';
import { isInLog, type Outcome, type Submission } from '../../events/submission.ts';
import type { Api, App } from '../api.ts';
import { callerOf } from '../access-control.ts';
import { BATCH_BYTES, recordAtomically, recordBatch, type By } from '../batch.ts';
import { EXAMPLE_EVENT, recordedEvent, recordedView } from '../event-view.ts';
import { WITHOUT_END_MS } from '../limits.ts';
import { readNdjson, type Line } from '../ndjson.ts';
import { sequence } from '../page.ts';
import { parseEvent } from '../parse-event.ts';
import { fieldProblem, Problem } from '../problem.ts';
import { problemForError } from '../problem-for-error.ts';
import { itemResult, problemOf, type ItemResult } from '../recording.ts';
import { answer, problems } from '../responses.ts';

const LONGEST_ARRAY = 10_000;

/** The headers that say where a recorded event is. */
const PLACE = { Location: 'Where it can be read.', ETag: 'Its version in its stream, for `If-Match`.' };

const contents = eventTypes.map(({ content }) => content);
const newEvent = z
  .discriminatedUnion('type', contents as unknown as [(typeof contents)[number] & z.core.$ZodTypeDiscriminable])
  .meta({ id: 'NewEvent', description: 'What a client says has happened; `type` decides about the rest.' });

const EXAMPLE_POST = { type: CallHeld.type, ...CallHeld.example };

const batchAnswer = z.object({ results: z.array(itemResult), sequence }).meta({
  id: 'BatchAnswer',
  examples: [{ results: [{ index: 0, status: 'recorded', id: EXAMPLE_EVENT.id, sequence: 42 }], sequence: 42 }],
});

export async function recordingRoutes(app: App, api: Api): Promise<void> {
  singleRoute(app, api);
  // Only a batch is read as lines, so only its route knows how.
  await app.register(async (scope) => batchRoute(scope as App, api));
}

function singleRoute(app: App, { recorder, log, access }: Api): void {
  app.post(
    '/v1/events',
    {
      config: { role: 'recorder' },
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
          201: answer(recordedEvent, 'The event as it was recorded.', PLACE),
          200: answer(recordedEvent, 'The same event had been recorded before.', {
            ...PLACE,
            'Idempotent-Replayed': '`true`: nothing was recorded a second time.',
          }),
          ...problems(
            'invalid_json',
            'id_reused',
            'version_conflict',
            'event_refused',
            'forbidden',
            'log_overloaded',
            'payload_too_large',
            'unsupported_media_type',
          ),
        },
      },
    },
    async (request, reply) => {
      const event = parseEvent(request.body);
      const outcome = await recordOne(recorder, {
        event,
        ...recordedBy(request, access)(),
        expectedVersion: ifMatch(request),
      });
      if (!isInLog(outcome)) throw problemOf(outcome);
      const { event: recorded, status } = outcome;
      void reply.header('location', `/v1/events/${recorded.id}`).header('etag', `"${recorded.version}"`);
      if (status === 'duplicate') void reply.header('idempotent-replayed', 'true');
      if (status === 'recorded') return reply.code(201).send(recordedView(recorded));
      // As the log has it: it may have been redacted since.
      const [held] = await readSequences(log, [recorded.sequence]);
      return reply.code(200).send(recordedView(held!));
    },
  );
}

function batchRoute(app: App, { recorder, log, access }: Api): void {
  app.post(
    '/v1/events/batch',
    {
      config: { role: 'recorder' },
      // A stream of lines may be of any length, and take as long.
      handlerTimeout: WITHOUT_END_MS,
      bodyLimit: BATCH_BYTES,
      schema: {
        operationId: 'recordBatch',
        tags: ['Events'],
        summary: 'Record many events',
        description:
          'A JSON array, or newline-delimited JSON (`application/x-ndjson`) of any length. One result for each item, whatever became of ' +
          'the others; later items see earlier ones. An item may carry `expectedVersion`. With `atomic=true` all are recorded or none. ' +
          'The answer to a long stream begins before the stream has ended: read it while you send.',
        querystring: z.strictObject({
          atomic: z.enum(['true', 'false']).default('false').meta({ description: 'Whether to record all or none.' }),
        }),
        body: {
          required: true,
          content: {
            'application/json': { schema: z.array(newEvent).meta({ examples: [[EXAMPLE_POST]] }) },
            'application/x-ndjson': { schema: newEvent.meta({ description: 'An array of events, or one a line.' }) },
          },
        },
        response: {
          200: answer(batchAnswer, 'A result for each item, in their order.'),
          ...problems('invalid_json', 'batch_refused', 'log_overloaded', 'payload_too_large', 'unsupported_media_type'),
        },
      },
    },
    async (request, reply) => {
      const lines = linesOf(request.body);
      const by = recordedBy(request, access);
      if (request.query.atomic === 'true') {
        const results = await recordAtomically(recorder, lines, by);
        return { results, sequence: lastSequence(results) || (await readHead(log)).sequence };
      }
      const chunks = recordBatch(recorder, lines, by);
      // The first chunk decides about the status; after it the answer is on its way.
      const first = await chunks.next();
      const answer = Readable.from(answerText(first.done ? [] : first.value, chunks, log));
      return reply.type('application/json; charset=utf-8').send(answer as never);
    },
  );

  // Read line by line as they arrive, so that their number does not matter.
  app.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
}

/** Who makes the request, as long as it would be let in. */
function recordedBy(request: FastifyRequest, access: Access): By {
  const caller = callerOf(request);
  const by = {
    recordedBy: caller.name,
    onlyIssues: caller.issues ?? undefined,
    mayRedact: includes(caller.role, 'admin'),
  };
  return () => {
    if (access.isStillIn(caller)) return by;
    throw new Problem('unauthenticated', 'What the request came with was revoked, or has expired, while it was sent.');
  };
}

/** Where nobody knows whether the event was recorded, the client is told the id by which to find out. */
async function recordOne(recorder: Recorder, submission: Submission): Promise<Outcome> {
  try {
    const [outcome] = await recorder.record([submission]);
    return outcome!;
  } catch (error) {
    const { code, message, cause } = problemForError(error);
    throw new Problem(code, message, { cause, ...(code === 'log_unavailable' ? { id: submission.event.id } : {}) });
  }
}

function linesOf(body: unknown): AsyncIterable<Line> {
  if (body instanceof Readable) return readNdjson(body);
  if (Array.isArray(body)) return linesOfArray(body);
  const found = body === undefined ? 'nothing' : 'something else';
  throw fieldProblem('invalid_request', [{ pointer: '', found, expected: 'an array of events' }]);
}

async function* linesOfArray(body: unknown[]): AsyncGenerator<Line> {
  if (body.length > LONGEST_ARRAY) {
    throw new Problem(
      'payload_too_large',
      `The array is longer than ${LONGEST_ARRAY} items; send newline-delimited JSON.`,
    );
  }
  for (const value of body) yield { value, bytes: 0 };
}

/** The answer as it grows: a batch may have more results than should be held. */
async function* answerText(
  first: ItemResult[],
  chunks: AsyncIterable<ItemResult[]>,
  log: LogStore,
): AsyncGenerator<string> {
  let last = lastSequence(first);
  yield `{"results":[${first.map((result) => JSON.stringify(result)).join(',')}`;
  for await (const results of chunks) {
    last = Math.max(last, lastSequence(results));
    yield results.map((result) => `,${JSON.stringify(result)}`).join('');
  }
  yield `],"sequence":${last || (await readHead(log)).sequence}}`;
}

/** 0 where nothing of it is in the log; the answer then reflects the log as it is. */
function lastSequence(results: ItemResult[]): number {
  return results.reduce((last, { sequence: own }) => Math.max(last, own ?? 0), 0);
}

/** The version that `If-Match` expects; a stream that does not exist yet has version 0. */
function ifMatch(request: FastifyRequest): number | undefined {
  const value = request.headers['if-match'];
  if (value === undefined) return undefined;
  const version = /^"(\d{1,9})"$/.exec(value)?.[1];
  if (version !== undefined) return Number(version);
  const found = value.slice(0, 40) || 'nothing';
  throw fieldProblem('invalid_request', [{ header: 'If-Match', found, expected: 'one version in quotes: "3"' }]);
}
