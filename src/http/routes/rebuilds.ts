// Rebuilding read models from the log, as a resource: started, watched, cancelled, switched back, or kept as a what-if.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventId } from '../../domain/reference.ts';
import { readHead, sequenceMeant } from '../../events/read-log.ts';
import { nearest } from '../../events/nearest.ts';
import { isUnderway, readRebuild, readRebuilds, type Rebuild } from '../../projections/rebuild.ts';
import { skipEvent } from '../../projections/skip.ts';
import type { Api, App } from '../api.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { HEARTBEAT_MS, message } from '../event-stream.ts';
import { parseBody } from '../parse-body.ts';
import { cursor, digits, knownAt, limit } from '../parameters.ts';
import { fieldProblem, Problem } from '../problem.ts';
import { answer, problems } from '../responses.ts';
import { EXAMPLE_REBUILD, rebuild, rebuildList } from '../rebuild-view.ts';

/** Stands for every projection where the name of one is expected. */
const ALL = 'all';

/** How often progress is looked at for whoever watches. */
const WATCH_MS = 250;

const rebuildPath = z.object({
  id: digits(z.int().min(1)).meta({ description: 'The id of a rebuild.', examples: [EXAMPLE_REBUILD.id] }),
});

const projectionPath = z.object({
  name: z.string().meta({ description: 'The name of a projection, or `all`.', examples: ['positions'] }),
});

const rebuildRequest = z
  .strictObject({
    until: z
      .union([z.int().min(0), knownAt.unwrap()], {
        error: 'expected a sequence, a day or an RFC 3339 date and time',
      })
      .optional()
      .meta({
        description:
          'Take the log as it stood then: a sequence, a day (to its end, UTC), or an RFC 3339 date and time. What is built is a what-if.',
        examples: [42],
      }),
    leaveOut: z
      .strictObject({
        sources: z
          .array(z.string().min(1).max(2000))
          .max(100)
          .default([])
          .meta({
            description:
              'Events with these sources: each the publisher, the title or the URL of one, or an actor or a label in the chain of attribution.',
            examples: [['kremlin']],
          }),
        events: z.array(eventId).max(1000).default([]).meta({ description: 'Events with these ids.' }),
      })
      .default({ sources: [], events: [] })
      .meta({
        description: 'Events to leave out, with all that is said about them. What is built is a what-if.',
      }),
    dryRun: z.boolean().default(false).meta({ description: 'Build, compare and report; then drop what was built.' }),
  })
  .meta({
    id: 'RebuildRequest',
    examples: [{}, { dryRun: true }, { until: 42 }, { leaveOut: { sources: ['kremlin'] } }],
  });

const skipRequest = z
  .strictObject({
    sequence: z.int().min(1).meta({ description: 'The event at which the projection stands still.' }),
    reason: z.string().min(1).max(1000),
  })
  .meta({ id: 'SkipRequest', examples: [{ sequence: 42, reason: 'A title of 2 MB; see issue 17.' }] });
const skip = z.object({ projection: z.string(), sequence: z.int(), reason: z.string() }).meta({
  id: 'Skip',
  examples: [{ projection: 'positions', sequence: 42, reason: 'A title of 2 MB; see issue 17.' }],
});

export function rebuildRoutes(app: App, api: Api): void {
  const { log, rebuilds, streams } = api;

  app.post(
    '/v1/projections/:name/rebuilds',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'startRebuild',
        tags: ['Replay'],
        summary: 'Rebuild a read model from the log',
        description:
          'Builds the projection (or `all` of them) anew beside the live one, which goes on answering. What was built is compared ' +
          'with it; then one transaction switches. What stood before is kept until the new one has answered for an hour, or the ' +
          'next switch, and can be switched back to. With ' +
          '`dryRun` the comparison is all that remains. With `until` or `leaveOut` it is a what-if: it stays beside the live one, ' +
          'and answers questions that name it as `projectionRun`, until it is deleted.',
        params: projectionPath,
        body: rebuildRequest.optional(),
        response: {
          202: answer(rebuild, 'It has begun.', { Location: 'Where it can be watched.' }),
          ...problems('not_found', 'invalid_json', 'unsupported_media_type', 'payload_too_large', 'rebuild_conflict'),
        },
      },
    },
    async (request, reply) => {
      const projections = chosen(api, request.params.name);
      const { until, leaveOut, dryRun } = parseBody(rebuildRequest, hasBody(request) ? request.body : {});
      const started = await rebuilds.start({
        projections,
        until: until === undefined ? null : await sequenceOf(api, until),
        leftOut: leaveOut,
        dryRun,
      });
      return reply.code(202).header('location', `/v1/rebuilds/${started.id}`).send(started);
    },
  );

  app.get(
    '/v1/rebuilds',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listRebuilds',
        tags: ['Replay'],
        summary: 'All rebuilds',
        description: 'The newest first, also those that the server began because the code has another version.',
        querystring: z.strictObject({ limit, cursor }),
        response: { 200: answer(rebuildList, 'A page of rebuilds.'), ...problems() },
      },
    },
    async ({ url, query }) => {
      const { limit: size } = query;
      const before = readCursor({ url, query }, z.int().min(1));
      const found = await readRebuilds(log, { ...(before !== null && { before }), limit: size + 1 });
      const items = found.slice(0, size);
      return { items, next: found.length > size ? writeCursor({ url, query }, items.at(-1)!.id) : null };
    },
  );

  app.get(
    '/v1/rebuilds/:id',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getRebuild',
        tags: ['Replay'],
        summary: 'How far a rebuild is, and what came of it',
        description: 'Its state, progress and time left; once it is built, what differs from the live read model.',
        params: rebuildPath,
        querystring: z.strictObject({}),
        response: { 200: answer(rebuild, 'The rebuild.'), ...problems('not_found') },
      },
    },
    async ({ params }) => required(await readRebuild(log, params.id), params.id),
  );

  app.get(
    '/v1/rebuilds/:id/progress',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'watchRebuild',
        tags: ['Replay'],
        summary: 'Watch a rebuild',
        description:
          'Server-sent events: `progress` with the rebuild whenever something has changed, and the last one as `finished`.',
        params: rebuildPath,
        querystring: z.strictObject({}),
        response: {
          200: {
            description: 'Events until the rebuild is over.',
            content: {
              'text/event-stream': {
                schema: z.string().meta({ examples: [message({ event: 'progress', data: EXAMPLE_REBUILD })] }),
              },
            },
          },
          ...problems('not_found'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const first = required(await readRebuild(log, id), id);
      await streams.send(request, reply, (gone) => watch(first, gone));
    },
  );

  app.delete(
    '/v1/rebuilds/:id',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'deleteRebuild',
        tags: ['Replay'],
        summary: 'Cancel a rebuild, or drop what it keeps',
        description:
          'Ends a rebuild under way, drops the tables of a what-if, or gives up what stood before a switch. What is live stays live.',
        params: rebuildPath,
        querystring: z.strictObject({}),
        response: { 200: answer(rebuild, 'The rebuild as it is now.'), ...problems('not_found') },
      },
    },
    async ({ params }) => required(await rebuilds.cancel(params.id), params.id),
  );

  app.post(
    '/v1/rebuilds/:id/switch-back',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'switchBack',
        tags: ['Replay'],
        summary: 'Make live again what a rebuild replaced',
        description:
          'What stood before is brought up with the log and made live again in one transaction; what was built is kept in turn.',
        params: rebuildPath,
        querystring: z.strictObject({}),
        response: {
          202: answer(rebuild, 'It has begun.', { Location: 'Where it can be watched.' }),
          ...problems('not_found', 'rebuild_conflict'),
        },
      },
    },
    async ({ params }, reply) => {
      const found = required(await rebuilds.switchBack(params.id), params.id);
      return reply.code(202).header('location', `/v1/rebuilds/${found.id}`).send(found);
    },
  );

  app.post(
    '/v1/projections/:name/skips',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'skipEvent',
        tags: ['Replay'],
        summary: 'Pass over an event that a projection cannot take',
        description:
          'The projection goes on after the event, which stays in the log and in every other projection. Nothing else is ever ' +
          'skipped; `/v1/projections` lists what was. A new version of the projection takes the event again.',
        params: projectionPath,
        body: skipRequest,
        response: {
          201: answer(skip, 'It goes on.'),
          ...problems('not_found', 'invalid_json', 'unsupported_media_type', 'payload_too_large'),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { sequence, reason } = parseBody(skipRequest, request.body);
      const [projection] = name === ALL ? [] : chosen(api, name);
      if (!projection) throw noProjection(api, name);
      if (!(await skipEvent(log, name, sequence, reason)))
        throw fieldProblem('invalid_request', [
          { pointer: '/sequence', found: String(sequence), expected: `the event at which ${name} stands still` },
        ]);
      await rebuilds.ensureRuns();
      return reply.code(201).send({ projection: name, sequence, reason });
    },
  );

  async function* watch(first: Rebuild, gone: AbortSignal): AsyncGenerator<string, void> {
    let shown = '';
    let said = 0;
    for (let found: Rebuild | null = first; found; found = await readRebuild(log, first.id)) {
      const data = JSON.stringify(found);
      const isOver = !isUnderway(found);
      const isNew = data !== shown;
      if (isNew) yield message({ event: isOver ? 'finished' : 'progress', data: found });
      const isQuiet = !isNew && performance.now() - said > HEARTBEAT_MS;
      if (isQuiet) yield message({ comment: 'still at it' });
      if (isNew || isQuiet) said = performance.now();
      shown = data;
      if (isOver || gone.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
  }
}

/** A body that says null is one. */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers['content-type'] !== undefined;
}

function chosen(api: Api, name: string) {
  if (name === ALL) return api.projections;
  const found = api.projections.filter((projection) => projection.name === name);
  if (found.length === 0) throw noProjection(api, name);
  return found;
}

function noProjection({ projections }: Api, name: string): Problem {
  const names = projections.map((projection) => projection.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? '' : `; the nearest is "${meant}"`;
  return new Problem(
    'not_found',
    `There is no projection "${name.slice(0, 80)}"${hint}. There are: ${names.join(', ')}.`,
  );
}

async function sequenceOf({ log }: Api, until: number | string): Promise<number> {
  const sequence = await sequenceMeant(log, String(until));
  const head = await readHead(log);
  if (sequence <= head.sequence) return sequence;
  throw fieldProblem('invalid_request', [
    { pointer: '/until', found: String(sequence), expected: `a sequence up to ${head.sequence}, where the log ends` },
  ]);
}

function required(found: Rebuild | null, id: number): Rebuild {
  if (found) return found;
  throw new Problem('not_found', `There is no rebuild ${id}.`);
}
