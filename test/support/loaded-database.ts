// Databases that hold a log of some length, with its read models: loaded once, by a node, and copied for every test that needs one.
import path from 'node:path';
import type { Kysely } from 'kysely';
import type { Test } from 'tap';
import { generateEvents } from '../../bench/generate-events.ts';
import { waitUntil } from '../../src/database/wait-until.ts';
import type { LogDatabase } from '../../src/events/log-database.ts';
import { freshDatabase } from './fresh-database.ts';
import { startServerNode } from './server-node.ts';

const BATCH = 500;

export interface LoadedDatabase {
  url: string;
  db: Kysely<LogDatabase>;
  /** The events that follow on those in the log, in the order in which they must be recorded. */
  following: (count: number) => object[];
}

export async function loadDatabases(
  t: Test,
  size: number,
  more: number,
): Promise<(t: Test) => Promise<LoadedDatabase>> {
  const events = [...generateEvents({ seed: 1, count: size + more })];
  const { url } = await freshDatabase(t);
  const node = await startServerNode(t, { DATABASE_URL: url });
  for (let n = 0; n < size; n += BATCH) await node.record(...events.slice(n, Math.min(n + BATCH, size)));
  await waitUntil(async () => (await node.get('/v1/projections')).items.every(({ lag }: { lag: number }) => lag === 0));
  node.signal('SIGTERM');
  await node.ended;
  return async (t) => {
    const { TEST_DATABASE_TEMPLATE: empty } = process.env;
    process.env['TEST_DATABASE_TEMPLATE'] = path.basename(new URL(url).pathname);
    const copying = freshDatabase<LogDatabase>(t);
    process.env['TEST_DATABASE_TEMPLATE'] = empty;
    let taken = size;
    return { ...(await copying), following: (count) => events.slice(taken, (taken += count)) };
  };
}
