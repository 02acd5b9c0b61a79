// Builds a read model anew from the first event, by the same catch-up that keeps it live.
import type { LogStore } from '../events/log-database.ts';
import { catchUp, lockCheckpoint } from './catch-up.ts';
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
  await catchUp(log, projection);
  const before = await digestAt(log, projection);
  await reset(log, projection);
  await catchUp(log, projection, onPage);
  const after = await digestAt(log, projection);
  return {
    name: projection.name,
    sequences: [before.checkpoint, after.checkpoint],
    before: before.digests,
    after: after.digests,
  };
}

/** The digests and the checkpoint they belong to, while no other process moves it. */
function digestAt(log: LogStore, projection: Projection): Promise<{ checkpoint: number; digests: TableDigest[] }> {
  return log.db.transaction().execute(async (transaction) => {
    const checkpoint = await lockCheckpoint(transaction, log.schema, projection);
    const digests = await digestTables(transaction, schemaName(log.schema, projection), projection);
    return { checkpoint, digests };
  });
}
