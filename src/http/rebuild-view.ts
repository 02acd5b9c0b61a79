// Rebuilds as answers show them.
import { z } from 'zod';
import { REBUILD_PHASES, REBUILD_STATES } from '../events/log-database.ts';

const difference = z.object({
  event: z.string().meta({ description: 'The id of the fact that the rows are about.' }),
  sequence: z.int().meta({ description: 'Its sequence.' }),
  live: z.record(z.string(), z.unknown()).nullable(),
  rebuilt: z.record(z.string(), z.unknown()).nullable(),
});

const tableComparison = z.object({
  projection: z.string(),
  table: z.string(),
  rows: z.object({ live: z.int(), rebuilt: z.int() }),
  equal: z.boolean().meta({ description: 'Row by row, by a digest.' }),
  onlyLive: z.int().meta({ description: 'Rows that only the live one has.' }),
  onlyRebuilt: z.int().meta({ description: 'Rows that only the rebuilt one has.' }),
  differing: z.int().meta({ description: 'Rows about the same event that say different things.' }),
  examples: z.array(difference).meta({ description: 'The first five of them.' }),
});

const comparison = z
  .object({
    sequence: z.int().meta({ description: 'Both are compared as they were known then.' }),
    equal: z.boolean(),
    tables: z.array(tableComparison),
  })
  .meta({ id: 'RebuildComparison' });

export const EXAMPLE_REBUILD = {
  id: 7,
  reason: 'asked',
  projections: ['positions'],
  until: null,
  leftOut: { sources: [], events: [] },
  dryRun: false,
  state: 'running',
  phase: 'loading',
  attempt: 1,
  sequence: 400_000,
  total: 1_000_000,
  share: 0.2,
  eventsPerSecond: 100_000,
  secondsLeft: 16,
  comparison: null,
  error: null,
  created: '2024-11-16T08:00:00.000Z',
  finished: null,
};

export const rebuild = z
  .object({
    id: z.int(),
    reason: z.enum(['asked', 'version', 'redaction']).meta({
      description:
        '`version`: the code has another version of the projection than there was. `redaction`: what it had taken in was removed by law.',
    }),
    projections: z.array(z.string()),
    until: z.int().nullable().meta({ description: 'The last sequence to take; null for all there are.' }),
    leftOut: z.object({ sources: z.array(z.string()), events: z.array(z.string()) }),
    dryRun: z.boolean(),
    state: z.enum(REBUILD_STATES).meta({
      description:
        '`switched`: what was built is live. `compared`: it was a dry run. `scratch`: it is a what-if, and can be asked as `projectionRun`.',
    }),
    phase: z.enum(REBUILD_PHASES),
    attempt: z.int().meta({ description: 'How often it was begun or, after a crash, taken over.' }),
    sequence: z.int().meta({ description: 'The last one taken.' }),
    total: z.int().meta({ description: 'The last one to take, as known now.' }),
    share: z.number().min(0).max(1).meta({ description: 'Of the whole work done.' }),
    eventsPerSecond: z.number().nullable().meta({ description: 'Read from the log, in this attempt.' }),
    secondsLeft: z
      .number()
      .nullable()
      .meta({ description: 'Estimated; null while there is nothing to estimate it by.' }),
    comparison: comparison
      .nullable()
      .meta({ description: 'With the live read model; null before, and where its tables are others.' }),
    error: z.string().nullable(),
    created: z.string(),
    finished: z.string().nullable(),
  })
  .meta({ id: 'Rebuild', examples: [EXAMPLE_REBUILD] });

export const rebuildList = z
  .object({
    items: z.array(rebuild),
    next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
  })
  .meta({ id: 'RebuildList', examples: [{ items: [EXAMPLE_REBUILD], next: null }] });
