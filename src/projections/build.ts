// Builds runs from the first event, all at once: the log is read once for all of them, what facts contribute is copied into
// tables without indexes, then what is derived is worked out key by key, and the indexes are made last. The handlers and the
// rules by key are those that keep a run up with the log.
import { sql, type RawBuilder } from 'kysely';
import type { Pool } from 'pg';
import type { Phase } from '../events/log-database.ts';
import { isPassing, type Worker } from './apply.ts';
import { atMost, type Limit } from '../events/at-most.ts';
import { bringForward, type ForwardOptions } from './bring-forward.ts';
import { forgetLoaded } from './forget.ts';
import type { Keeps } from './left-out.ts';
import { ENDED, Loading, loadTablesOf } from './load.ts';
import { changeTables, enterPhase, Fenced, moveCheckpoint, type LedRun } from './runs.ts';
import { analyze, createIndex, dropTables, indexesOf, lastingTables } from './schema.ts';
import { Workshop } from './workshop.ts';

/** What each phase takes of the whole, about; catching up with what came meanwhile takes the rest. */
const SHARES = { loading: 0.5, deriving: 0.25, indexing: 0.2 };

/** So many indexes are made side by side. */
const INDEXES_AT_ONCE = 2;

export interface BuildOptions {
  /** Connections for copying and reading back. */
  pool: Pool;
  /** The last sequence to take. */
  until: number;
  keeps?: Keeps;
  /** Ends the building at the next opportunity, with its reason. */
  signal: AbortSignal;
  /** How much of the whole work is done, 0 to 1, and the last sequence that was taken. */
  onProgress: (share: number, sequence: number, phase: Phase) => void;
}

/**
 * Builds the runs up to a sequence, or goes on where an earlier attempt has left them. Throws {@link PoisonEvent} where an event
 * cannot be applied, and {@link Fenced} where the node does not lead them any more.
 */
export async function build(worker: Worker, runs: LedRun[], options: BuildOptions): Promise<void> {
  const { until, signal, onProgress } = options;
  const inPhase = (phase: Phase) => runs.filter((run) => run.phase === phase);
  if (inPhase('loading').length > 0) {
    await new Loading(worker, inPhase('loading'), {
      ...options,
      onProgress: (share, sequence) => onProgress(SHARES.loading * share, sequence, 'loading'),
    }).run();
    for (const run of inPhase('loading')) await enterPhase(worker.log, worker.node, run, 'deriving');
  }
  const progress = new Progress(SHARES.loading, (share, phase) => onProgress(share, until, phase));
  const indexLimit = atMost(INDEXES_AT_ONCE);
  const indexing: Promise<void>[] = [];
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  try {
    for (const run of runs) {
      if (run.phase === 'deriving') {
        await orPageByPage(worker, run, async () => {
          await derive(worker, run, { ...options, signal: ending });
          await enterPhase(worker.log, worker.node, run, 'indexing');
        });
      }
      progress.add(SHARES.deriving / runs.length, 'deriving');
      if (run.phase !== 'indexing') continue;
      // While the database makes the indexes of one run, the next one is derived.
      const indexed = orPageByPage(worker, run, () =>
        makeIndexes(worker, run, ending, indexLimit, (share) =>
          progress.add((share * SHARES.indexing) / runs.length, 'indexing'),
        ),
      );
      // Where one fails, the others need not go on.
      indexed.catch((error: unknown) => failing.abort(error));
      indexing.push(indexed);
    }
    await Promise.all(indexing);
  } catch (error) {
    failing.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(indexing);
  }
}

/**
 * What cannot be derived or indexed all at once is begun anew, to be taken page by page: then it is known which event is in the
 * way, and it is this run that stops at it.
 */
async function orPageByPage({ log, node }: Worker, run: LedRun, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isPassing(error) || error instanceof Fenced) throw error;
    await changeTables(log, node, run, async (transaction) => {
      await dropTables(transaction, run.schema, loadTablesOf(run));
      for (const [name] of lastingTables(run.projection))
        await sql`truncate ${sql.id(run.schema, name)}`.execute(transaction);
      for (const index of indexesOf(run.projection)) await createIndex(transaction, run.schema, index);
      await moveCheckpoint(transaction, log, run.id, 0);
    });
    await enterPhase(log, node, run, 'following');
    run.checkpoint = 0;
  }
}

async function makeIndexes(
  worker: Worker,
  run: LedRun,
  signal: AbortSignal,
  limit: Limit,
  onShare: (share: number) => void,
): Promise<void> {
  await changeTables(worker.log, worker.node, run, (db) => dropTables(db, run.schema, loadTablesOf(run)));
  const indexes = indexesOf(run.projection);
  await Promise.all(
    indexes.map((index) =>
      limit(async () => {
        signal.throwIfAborted();
        await changeTables(worker.log, worker.node, run, async (transaction) => {
          // Two are made side by side, so that none needs helpers.
          await sql`set local maintenance_work_mem = '64MB'; set local max_parallel_maintenance_workers = 0`.execute(
            transaction,
          );
          await createIndex(transaction, run.schema, index);
        });
        onShare(1 / indexes.length);
      }),
    ),
  );
  await analyze(worker.log.db, run.schema, run.projection);
  await enterPhase(worker.log, worker.node, run, 'following');
}

/** Adds up shares of the whole work. */
class Progress {
  readonly #tell: (share: number, phase: Phase) => void;
  #share: number;

  constructor(share: number, tell: (share: number, phase: Phase) => void) {
    this.#share = share;
    this.#tell = tell;
  }

  add(share: number, phase: Phase): void {
    this.#share += share;
    this.#tell(this.#share, phase);
  }
}

/** Brings runs that are built up with the log as it is now, page by page as the live ones are. */
export async function follow(
  worker: Worker,
  runs: LedRun[],
  { signal, ...options }: ForwardOptions & { signal: AbortSignal },
): Promise<void> {
  for (let more = true; more;) {
    signal.throwIfAborted();
    const brought = await bringForward(worker, runs, options);
    for (const error of brought.errors.values()) throw error;
    if (brought.failure !== undefined) throw brought.failure;
    more = brought.more;
  }
}

/** Ends what was written before its end was known, then works out the derived tables. */
async function derive(worker: Worker, run: LedRun, options: BuildOptions): Promise<void> {
  const { log, node } = worker;
  const change = (statement: RawBuilder<unknown>) =>
    changeTables(log, node, run, (transaction) => statement.execute(transaction));
  await changeTables(log, node, run, (transaction) => forgetLoaded(transaction, log, run));
  const ended = sql.id(run.schema, ENDED);
  await change(sql`analyze ${ended}`);
  for (const [name, { kind }] of Object.entries(run.projection.tables)) {
    options.signal.throwIfAborted();
    const own = sql.id(run.schema, name);
    await change(
      kind === 'derived'
        ? sql`truncate ${own}`
        : sql`
            update ${own} t set known_until = e.known_until
              from (select w.sequence, w.known_until,
                           lag(w.known_until, 1, w.sequence) over (partition by w.sequence order by w.known_until) as known_from
                      from ${ended} w) e
             where t.sequence = e.sequence and t.known_until is null
               and t.known_from >= e.known_from and t.known_from < e.known_until`,
    );
  }
  if (!run.projection.derived) return;
  const workshop = new Workshop(options, worker, run);
  try {
    await run.projection.derived.all(workshop);
    await workshop.flush();
  } catch (error) {
    await workshop.abandon();
    throw error;
  }
}
