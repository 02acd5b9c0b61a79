// Applies the log to one projection, page by page, each page in one transaction with its checkpoint. Going live, catching up
// after a pause and rebuilding from zero are all this.
import type { Kysely } from 'kysely';
import type { LogDatabase, LogStore } from '../events/log-database.ts';
import { isConnectionLoss } from '../events/log-unavailable.ts';
import { readAfter } from '../events/read-log.ts';
import { factChanges } from './fact-changes.ts';
import type { Projection } from './projection.ts';
import { schemaName } from './schema.ts';
import { writePage } from './write-page.ts';

/** Larger pages only cost memory. */
const PAGE = 1_000;

/** An event that a projection cannot take. It stops this projection at the event before, and no other. */
export class PoisonEvent extends Error {
  readonly sequence: number;
  readonly type: string | null;

  constructor(sequence: number, type: string | null, cause: unknown) {
    super(`Event ${sequence}${type ? ` (${type})` : ''} could not be applied: ${(cause as Error).message}`, {
      cause,
    });
    this.sequence = sequence;
    this.type = type;
  }
}

/** Another version of the code has built the read model anew: it is not for this one to write any more. */
export class ReadModelReplaced extends Error {}

/**
 * Applies everything the log holds beyond the checkpoint, and answers the checkpoint reached. Throws {@link PoisonEvent} with
 * everything before the culprit applied, and {@link ReadModelReplaced} with nothing written.
 */
export async function catchUp(
  log: LogStore,
  projection: Projection,
  onPage?: (checkpoint: number) => void,
): Promise<number> {
  let limit = PAGE;
  for (;;) {
    try {
      const { checkpoint, caughtUp } = await applyPage(log, projection, limit);
      onPage?.(checkpoint);
      if (caughtUp) return checkpoint;
    } catch (error) {
      if (isConnectionLoss(error) || error instanceof ReadModelReplaced) throw error;
      // Some event of the page is the culprit: go on one by one until it is found.
      if (limit === 1) throw await poison(log, projection, error);
      limit = 1;
    }
  }
}

async function applyPage(log: LogStore, projection: Projection, limit: number) {
  return log.db.transaction().execute(async (transaction) => {
    const store = { ...log, db: transaction };
    // The row lock makes one node at a time apply a projection; whoever waited finds the checkpoint moved on.
    const checkpoint = await lockCheckpoint(transaction, log.schema, projection);
    const events = await readAfter(store, checkpoint, limit);
    const last = events.at(-1)?.sequence ?? checkpoint;
    if (events.length > 0) {
      const schema = schemaName(log.schema, projection);
      const changes = await factChanges(store, events);
      await writePage(transaction, schema, projection, changes);
      await projection.derive?.(changes, transaction.withSchema(schema) as never, schema);
      await transaction
        .withSchema(log.schema)
        .updateTable('projection')
        .set({
          checkpoint: last,
          updated: new Date().toISOString(),
          failed_sequence: null,
          failed_type: null,
          failed_error: null,
        })
        .where('name', '=', projection.name)
        .execute();
    }
    return { checkpoint: last, caughtUp: events.length < limit };
  });
}

async function lockCheckpoint(db: Kysely<LogDatabase>, schema: string, { name, version }: Projection): Promise<number> {
  const row = await db
    .withSchema(schema)
    .selectFrom('projection')
    .select(['checkpoint', 'version'])
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  if (row?.version !== version) {
    throw new ReadModelReplaced(
      `Projection ${name} is in version ${row?.version ?? 'none'} in the database, and this code has version ${version}.`,
    );
  }
  return row.checkpoint;
}

/** Names the event after the checkpoint as the one that cannot be applied, for whoever asks for the status. */
async function poison(log: LogStore, { name }: Projection, cause: unknown): Promise<PoisonEvent> {
  const db = log.db.withSchema(log.schema);
  const next = await db
    .selectFrom('projection as p')
    .leftJoin('event as e', (join) => join.on('e.sequence', '=', (eb) => eb('p.checkpoint', '+', 1)))
    .select(['p.checkpoint', 'e.type'])
    .where('p.name', '=', name)
    .executeTakeFirstOrThrow();
  const error = new PoisonEvent(next.checkpoint + 1, next.type, cause);
  await db
    .updateTable('projection')
    .set({ failed_sequence: error.sequence, failed_type: error.type, failed_error: (cause as Error).message })
    .where('name', '=', name)
    .execute();
  return error;
}
