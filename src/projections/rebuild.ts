// Builds a read model anew from the first event, by the same catch-up that keeps it live.
import type { LogStore } from '../events/log-database.ts';
import { catchUp } from './catch-up.ts';
import { digestTables, type TableDigest } from './digest.ts';
import { prepare, reset } from './prepare.ts';
import type { Projection } from './projection.ts';
import { schemaName } from './schema.ts';

export interface Rebuilt {
  name: string;
  /** What was reflected before, and after; the digests can be compared where the log did not grow in between. */
  sequences: [before: number, after: number];
  before: TableDigest[];
  after: TableDigest[];
}

/** Drops the read model and replays the log into it. */
export async function rebuild(
  log: LogStore,
  projection: Projection,
  onPage?: (checkpoint: number) => void,
): Promise<Rebuilt> {
  await prepare(log, projection);
  const reflected = await catchUp(log, projection);
  const schema = schemaName(log.schema, projection);
  const before = await digestTables(log.db, schema, projection);
  await reset(log, projection);
  const sequence = await catchUp(log, projection, onPage);
  return {
    name: projection.name,
    sequences: [reflected, sequence],
    before,
    after: await digestTables(log.db, schema, projection),
  };
}
