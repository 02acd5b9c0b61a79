// Applies events to a run, page by page, each page in one transaction with its checkpoint; an event that cannot be applied is
// found, named, and stops this run alone.
import type { LogStore } from '../events/log-database.ts';
import { isConnectionLoss } from '../events/log-unavailable.ts';
import type { FactChange } from './fact-changes.ts';
import { endRedacted, forgetRedacted, redactionsIn } from './forget.ts';
import { pageOf } from './projection.ts';
import { briefly, Fenced, lockRun, moveCheckpoint, type LedRun } from './runs.ts';
import { lastingTables } from './schema.ts';
import { writePage } from './write-page.ts';

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

/** The node and its way to the log. */
export interface Worker {
  log: LogStore;
  node: string;
}

/**
 * Applies the changes up to a sequence, and moves the checkpoint of the run there. Throws {@link PoisonEvent} with everything
 * before the culprit applied, and {@link Fenced} with nothing written.
 */
export async function applyUpTo(worker: Worker, run: LedRun, changes: FactChange[], upTo: number): Promise<void> {
  try {
    await applyPage(worker, run, changes, upTo);
  } catch (error) {
    if (isPassing(error) || error instanceof Fenced) throw error;
    if (run.checkpoint + 1 >= upTo) throw await poison(worker, run, upTo, error);
    // Some event of the page is the culprit: the page is halved until it stands alone.
    const middle = Math.floor((run.checkpoint + upTo) / 2);
    await applyUpTo(worker, run, changes, middle);
    await applyUpTo(worker, run, changes, upTo);
  }
}

/** Whether trying again may help: the connection was lost, or the database ended what collided, took too long or stood idle (SQLSTATE). */
export function isPassing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && (code.startsWith('40') || code === '25P03')) || isConnectionLoss(error);
}

async function applyPage({ log, node }: Worker, run: LedRun, changes: FactChange[], upTo: number): Promise<void> {
  const { projection, schema, skipped } = run;
  await briefly(log, async (transaction) => {
    run.checkpoint = await lockRun(transaction, log, node, run);
    const due = changes.filter(({ sequence }) => sequence > run.checkpoint && sequence <= upTo);
    const own = due.filter(({ sequence }) => !skipped.has(sequence));
    // What the law wants removed is not passed over.
    const redactions = redactionsIn(due, run.checkpoint);
    await endRedacted(transaction, run, redactions);
    const page = pageOf(projection, own);
    await writePage(transaction, schema, lastingTables(projection), page);
    await projection.derived?.page(page, transaction.withSchema(schema), schema);
    await forgetRedacted(transaction, log, run, redactions);
    await moveCheckpoint(transaction, log, run.id, upTo);
  });
  run.checkpoint = upTo;
}

/** Names the event that cannot be applied, for whoever asks for the status. */
export async function poison(
  { log, node }: Worker,
  run: LedRun,
  sequence: number,
  cause: unknown,
): Promise<PoisonEvent> {
  const db = log.db.withSchema(log.schema);
  const event = await db.selectFrom('event').select('type').where('sequence', '=', sequence).executeTakeFirst();
  const error = new PoisonEvent(sequence, event?.type ?? null, cause);
  await db
    .updateTable('projection_run')
    .set({ failed_sequence: error.sequence, failed_type: error.type, failed_error: (cause as Error).message })
    .where('id', '=', run.id)
    .where('leader', '=', node)
    .where('term', '=', run.term)
    .execute();
  run.failed = sequence;
  return error;
}
