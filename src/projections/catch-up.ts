// Applies the log to one projection, page by page, each page in one transaction with its checkpoint. Going live, catching up
// after a pause and rebuilding from zero are all this.
import type { Kysely } from 'kysely';
import type { LogDatabase, LogStore } from '../events/log-database.ts';
import { isConnectionLoss } from '../events/log-unavailable.ts';
import { readAfter } from '../events/read-log.ts';
import { factChanges } from './fact-changes.ts';
import type { Projection } from './projection.ts';
import { analyze, schemaName } from './schema.ts';
import { writePage } from './write-page.ts';

/** Larger pages only cost memory. */
const PAGE = 1_000;

/** After so many events at once the planner is told what the tables hold; the server itself would take a minute to notice. */
const MANY = 10_000;

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
  // Asked first, because most of the time there is nothing to do, and a lock would be a write.
  let { checkpoint, more } = await whatIsLeft(log, projection);
  onPage?.(checkpoint);
  const begin = checkpoint;
  while (more) {
    try {
      const applied = await applyPage(log, projection, limit, (locked) => (checkpoint = locked));
      ({ checkpoint, more } = applied);
      limit = PAGE;
      onPage?.(checkpoint);
    } catch (error) {
      if (isPassing(error) || error instanceof ReadModelReplaced) throw error;
      if (limit === 1) throw await poison(log, projection, checkpoint + 1, error);
      // Some event of the page is the culprit: the page is halved until it stands alone.
      limit = Math.ceil(limit / 2);
    }
  }
  if (checkpoint - begin >= MANY) await analyze(log.db, schemaName(log.schema, projection), projection);
  return checkpoint;
}

/** Whether trying again may help: the connection was lost, or the database ended what collided or took too long (SQLSTATE). */
function isPassing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && code.startsWith('40')) || isConnectionLoss(error);
}

async function whatIsLeft({ db, schema }: LogStore, projection: Projection) {
  const row = await db
    .withSchema(schema)
    .selectFrom('projection')
    .select((eb) => [
      'checkpoint',
      'version',
      eb
        .selectFrom('event as e')
        .select(({ fn }) => fn.max('e.sequence').as('m'))
        .as('head'),
    ])
    .where('name', '=', projection.name)
    .executeTakeFirst();
  const checkpoint = checkpointOf(row, projection);
  return { checkpoint, more: checkpoint < (row?.head ?? 0) };
}

async function applyPage(log: LogStore, projection: Projection, limit: number, onLocked: (checkpoint: number) => void) {
  return log.db.transaction().execute(async (transaction) => {
    const store = { ...log, db: transaction };
    // The row lock makes one node at a time apply a projection; whoever waited finds the checkpoint moved on.
    const checkpoint = await lockCheckpoint(transaction, log.schema, projection);
    onLocked(checkpoint);
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
    return { checkpoint: last, more: events.length === limit };
  });
}

/** The checkpoint, which nobody moves until the transaction ends. */
export async function lockCheckpoint(db: Kysely<LogDatabase>, schema: string, projection: Projection): Promise<number> {
  const row = await db
    .withSchema(schema)
    .selectFrom('projection')
    .select(['checkpoint', 'version'])
    .where('name', '=', projection.name)
    .forUpdate()
    .executeTakeFirst();
  return checkpointOf(row, projection);
}

function checkpointOf(row: { checkpoint: number; version: number } | undefined, { name, version }: Projection): number {
  if (row?.version === version) return row.checkpoint;
  throw new ReadModelReplaced(
    `Projection ${name} is in version ${row?.version ?? 'none'} in the database, and this code has version ${version}.`,
  );
}

/** Names the event that cannot be applied, for whoever asks for the status. */
async function poison(log: LogStore, { name }: Projection, sequence: number, cause: unknown): Promise<PoisonEvent> {
  const db = log.db.withSchema(log.schema);
  const event = await db.selectFrom('event').select('type').where('sequence', '=', sequence).executeTakeFirst();
  const error = new PoisonEvent(sequence, event?.type ?? null, cause);
  await db
    .updateTable('projection')
    .set({ failed_sequence: error.sequence, failed_type: error.type, failed_error: (cause as Error).message })
    .where('name', '=', name)
    .where('checkpoint', '=', sequence - 1)
    .execute();
  return error;
}
