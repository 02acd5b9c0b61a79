// How things are going: the head of the log, how far the read models are, whether this node can serve.
import { z } from 'zod';
import { readHead } from '../../events/read-log.ts';
import { projectionStatuses } from '../../projections/status.ts';
import type { Api, App } from '../api.ts';
import { answer, problems } from '../responses.ts';

const HASH = '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9';
const EXAMPLE_STATUS = {
  name: 'positions',
  version: 1,
  state: 'live',
  checkpoint: 42,
  lag: 0,
  lagSeconds: 0,
  failed: null,
  skipped: [],
  leader: '3f8c3c0e-6f5b-4f0e-9d55-0b6f1c1f7a11',
  rebuild: null,
};

const head = z
  .object({
    sequence: z.int().meta({ description: 'Of the last event; 0 while the log is empty.' }),
    hash: z.string().meta({ description: 'The chain hash: it covers every event up to that one.' }),
    recorded: z.string().nullable(),
  })
  .meta({ id: 'LogHead', examples: [{ sequence: 42, hash: HASH, recorded: '2024-11-16T08:00:00.000Z' }] });

const status = z.object({
  name: z.string(),
  version: z.int(),
  state: z.enum(['live', 'building']).meta({ description: 'Whether it answers, or has yet to be built.' }),
  checkpoint: z.int().meta({ description: 'The last sequence applied.' }),
  lag: z.int().meta({ description: 'Events not applied yet.' }),
  lagSeconds: z.number().meta({ description: 'Since the first of them was recorded.' }),
  failed: z
    .object({ sequence: z.int(), type: z.string().nullable(), error: z.string() })
    .nullable()
    .meta({ description: 'The event that stopped it, until that is mended.' }),
  skipped: z
    .array(z.object({ sequence: z.int(), reason: z.string(), recorded: z.string() }))
    .meta({ description: 'Events that it was told to pass over.' }),
  leader: z.string().nullable().meta({ description: 'The node that writes it; null while none does.' }),
  rebuild: z.int().nullable().meta({ description: 'The rebuild of it that is under way.' }),
});
const projections = z
  .object({ items: z.array(status), sequence: z.int() })
  .meta({ id: 'ProjectionList', examples: [{ items: [EXAMPLE_STATUS], sequence: 42 }] });
const live = z.object({ status: z.literal('live') }).meta({ id: 'Live', examples: [{ status: 'live' }] });
const ready = z
  .object({
    status: z.enum(['ready', 'degraded']).meta({ description: 'Degraded while a projection stands still.' }),
    sequence: z.int(),
    projections: z.array(status),
  })
  .meta({ id: 'Ready', examples: [{ status: 'ready', sequence: 42, projections: [EXAMPLE_STATUS] }] });

type Status = z.infer<typeof status>;

/** What is said of an event that cannot be applied may repeat what is in it. */
function withoutWords({ failed, skipped, ...rest }: Status): Status {
  const words = 'A reader finds it at /v1/projections.';
  return {
    ...rest,
    failed: failed && { ...failed, error: words },
    skipped: skipped.map((one) => ({ ...one, reason: words })),
  };
}

export function operationRoutes(app: App, { log, access }: Api): void {
  const querystring = z.strictObject({});
  app.get(
    '/v1/log',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getLog',
        tags: ['Log'],
        summary: 'The head of the log',
        description: 'The last sequence, and the chain hash that covers every event up to it.',
        querystring,
        response: { 200: answer(head, 'The head of the log.'), ...problems() },
      },
    },
    async () => readHead(log),
  );

  app.get(
    '/v1/projections',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listProjections',
        tags: ['Replay'],
        summary: 'How far the read models are',
        description:
          'Each projection with its checkpoint and lag, and the event that stopped it, if one did; in two versions, while nodes of both run.',
        querystring,
        response: { 200: answer(projections, 'All projections.'), ...problems() },
      },
    },
    async () => {
      const found = await projectionStatuses(log);
      return { items: found.projections, sequence: found.sequence };
    },
  );

  app.get(
    '/health/live',
    {
      config: { role: 'public' },
      schema: {
        operationId: 'getLiveness',
        tags: ['Health'],
        summary: 'Is the process alive?',
        description: 'Answers as long as the process can answer at all.',
        querystring,
        response: { 200: answer(live, 'It is alive.'), ...problems() },
      },
    },
    async () => ({ status: 'live' as const }),
  );

  app.get(
    '/health/ready',
    {
      config: { role: 'public' },
      schema: {
        operationId: 'getReadiness',
        tags: ['Health'],
        summary: 'Can it serve?',
        description:
          'Whether the database answers, and how far the read models are. A projection that stands still does not stop recording.',
        querystring,
        response: { 200: answer(ready, 'It can serve.'), ...problems() },
      },
    },
    async () => {
      const found = await projectionStatuses(log);
      const degraded = found.projections.some(({ failed }) => failed !== null);
      const shown = access.isOpen ? found.projections : found.projections.map(withoutWords);
      return { ...found, status: degraded ? ('degraded' as const) : ('ready' as const), projections: shown };
    },
  );
}
