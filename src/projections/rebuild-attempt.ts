// One attempt at a rebuild by the node that leads its runs: builds them, brings them up with the log, compares them with the live
// ones, and switches, or keeps or drops what was built.
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { LogDatabase, LogStore, RebuildPhase, RebuildState, Role } from '../events/log-database.ts';
import { readHead } from '../events/read-log.ts';
import { PoisonEvent, type Worker } from './apply.ts';
import { build, follow } from './build.ts';
import { compareRuns, type Comparison } from './compare.ts';
import { keeperOf, leavesOut } from './left-out.ts';
import { UNDERWAY, type Rebuild } from './rebuild.ts';
import { briefly, endFormerLeaders, Fenced, lockRun, type LedRun } from './runs.ts';
import { shapeOf } from './schema.ts';

/** How often a rebuild is taken over before it is given up: what ends every node that tries must not go on for ever. */
const ATTEMPTS = 5;

/** Progress is written at most so often. */
const REPORT_MS = 250;

interface Options {
  worker: Worker;
  pool: Pool;
  logger: Pick<Logger, 'info' | 'error'>;
  rebuild: Rebuild;
  runs: LedRun[];
  signal: AbortSignal;
}

/** A run that answers, as the one that replaces it needs to know it. */
interface LiveRun {
  id: number;
  projection: string;
  shape: string;
  checkpoint: number;
}

export class RebuildAttempt {
  readonly #worker: Worker;
  readonly #options: Options;
  readonly #rebuild: Rebuild;
  #runs: LedRun[];
  /** Raised by everybody who begins or takes over the rebuild: nobody else writes about it. */
  #attempt = 0;
  #reported = 0;
  #reporting: Promise<unknown> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
    this.#worker = options.worker;
    this.#rebuild = options.rebuild;
    this.#runs = options.runs;
  }

  async run(): Promise<void> {
    await this.#begin();
    const { until, leftOut, dryRun } = this.#rebuild;
    const isWhatIf = until !== null || leavesOut(leftOut);
    await this.#buildWithoutPoison();
    const comparison = this.#rebuild.state === 'switching_back' ? null : await this.#compare();
    if (dryRun) await this.#finish('discarded', 'compared', comparison);
    else if (isWhatIf) await this.#finish('scratch', 'scratch', comparison);
    else await this.#switch(comparison);
  }

  get #log(): LogStore {
    return this.#worker.log;
  }

  async #begin(): Promise<void> {
    const row = await this.#log.db
      .withSchema(this.#log.schema)
      .updateTable('rebuild')
      .set({
        attempt: sql`attempt + 1`,
        begun: sql`clock_timestamp()`,
        error: null,
        loaded: null,
        first_sequence: Math.min(...this.#runs.map(({ checkpoint }) => checkpoint)),
      })
      .where('id', '=', this.#rebuild.id)
      .where('state', 'in', UNDERWAY)
      .returning(['attempt', 'handed_over'])
      .executeTakeFirst();
    if (!row) throw new Fenced(`Rebuild ${this.#rebuild.id} is over.`);
    this.#attempt = row.attempt;
    if (this.#attempt > 1) await endFormerLeaders(this.#log, this.#runs);
    if (row.attempt - row.handed_over > ATTEMPTS)
      throw new Error(`It was begun ${ATTEMPTS} times, and never came to its end.`);
  }

  /** Where the code has another version, one projection that cannot be built does not keep the others from it. */
  async #buildWithoutPoison(): Promise<void> {
    for (;;) {
      try {
        await this.#build();
        return;
      } catch (error) {
        const sound = this.#runs.filter(({ failed }) => failed === null);
        if (!(error instanceof PoisonEvent) || this.#rebuild.reason !== 'version' || sound.length === 0) throw error;
        this.#options.logger.error({ err: error, rebuild: this.#rebuild.id }, 'A projection could not be built');
        this.#runs = sound;
      }
    }
  }

  async #build(): Promise<void> {
    const { until: bound, leftOut } = this.#rebuild;
    const { pool, signal } = this.#options;
    const { sequence: head } = await readHead(this.#log);
    const until = bound ?? head;
    const bounds = leavesOut(leftOut) ? { keeps: keeperOf(leftOut) } : {};
    await build(this.#worker, this.#runs, {
      pool,
      until,
      ...bounds,
      signal,
      onProgress: (share, sequence, phase) => this.#report({ share, sequence, total: until, phase }),
    });
    await follow(this.#worker, this.#runs, { until: bound ?? Infinity, ...bounds, signal });
  }

  /** What differs from the live runs; null where none is live whose tables are the same. */
  async #compare(): Promise<Comparison | null> {
    // What is reported late must not be the last word.
    await this.#reporting;
    await this.#say({ phase: 'comparing', share: 0.95 });
    const live = await this.#liveRuns(this.#log.db);
    const comparisons: Comparison[] = [];
    for (const run of this.#runs) {
      const other = live.find(({ projection }) => projection === run.projection.name);
      if (other?.shape !== shapeOf(run.projection)) continue;
      this.#options.signal.throwIfAborted();
      comparisons.push(await compareRuns(this.#log, run.projection, other.id, run.id));
    }
    if (comparisons.length === 0) return null;
    return {
      sequence: Math.min(...comparisons.map(({ sequence }) => sequence)),
      equal: comparisons.every(({ equal }) => equal),
      tables: comparisons.flatMap(({ tables }) => tables),
    };
  }

  async #finish(role: Role, state: RebuildState, comparison: Comparison | null): Promise<void> {
    await briefly(this.#log, async (transaction) => {
      await this.#lockRebuild(transaction);
      for (const run of this.#runs) await lockRun(transaction, this.#log, this.#worker.node, run);
      await this.#setRole(
        transaction,
        this.#runs.map(({ id }) => id),
        role,
      );
      await finishRebuild(transaction, this.#log, this.#rebuild.id, {
        state,
        sequence: Math.min(...this.#runs.map(({ checkpoint }) => checkpoint)),
        comparison: JSON.stringify(comparison),
      });
    });
  }

  /**
   * In one transaction, what was built becomes live and what was live is kept aside. Nobody moves the live ones meanwhile, and
   * what was built is brought to where they are before: no answer falls behind one that was given already.
   */
  async #switch(comparison: Comparison | null): Promise<void> {
    await this.#say({ phase: 'switching', share: 0.99 });
    const { signal } = this.#options;
    await follow(this.#worker, this.#runs, { signal });
    await briefly(this.#log, async (transaction) => {
      await this.#lockRebuild(transaction);
      const live = await this.#liveRuns(transaction, { lock: true });
      const reached = Math.max(0, ...live.map(({ checkpoint }) => checkpoint));
      await follow(this.#worker, this.#runs, { until: reached, signal });
      for (const run of this.#runs) await lockRun(transaction, this.#log, this.#worker.node, run);
      await this.#discardOthers(transaction);
      const own = live.filter(({ isOwnVersion }) => isOwnVersion);
      await this.#setRole(
        transaction,
        own.map(({ id }) => id),
        'former',
      );
      await this.#setRole(
        transaction,
        this.#runs.map(({ id }) => id),
        'live',
      );
      const isBack = this.#rebuild.state === 'switching_back';
      await finishRebuild(transaction, this.#log, this.#rebuild.id, {
        state: isBack ? 'switched_back' : 'switched',
        sequence: Math.min(...this.#runs.map(({ checkpoint }) => checkpoint)),
        ...(!isBack && { comparison: JSON.stringify(comparison) }),
      });
    });
  }

  /** What stood before the live ones, and what an earlier rebuild could not finish. */
  async #discardOthers(transaction: Transaction<LogDatabase>): Promise<void> {
    const run = sql.id(this.#log.schema, 'projection_run');
    await sql`
      update ${run} other set role = 'discarded', leader = null
        from ${run} own
       where own.id = any(${this.#runs.map(({ id }) => id)}::bigint[])
         and other.projection = own.projection and other.version = own.version and other.id <> own.id
         and other.role in ('former', 'building')`.execute(transaction);
  }

  /** The live runs of the projections in all versions, those of this version first: another one may have answered meanwhile. */
  async #liveRuns(db: Kysely<LogDatabase>, { lock = false } = {}): Promise<(LiveRun & { isOwnVersion: boolean })[]> {
    const names = this.#runs.map(({ projection }) => projection.name);
    const versions = this.#runs.map(({ projection }) => projection.version);
    const { rows } = await sql<LiveRun & { isOwnVersion: boolean }>`
      select r.id, r.projection, r.shape, r.checkpoint, r.version = w.version as "isOwnVersion"
        from ${sql.id(this.#log.schema, 'projection_run')} r
        join unnest(${names}::text[], ${versions}::int[]) w(projection, version) using (projection)
       where r.role = 'live'
       order by r.version = w.version desc, r.version desc, r.id ${lock ? sql`for update of r` : sql``}`.execute(db);
    return rows;
  }

  /** Locks the rebuild. Throws {@link Fenced} where it is over, or somebody else has begun it anew. */
  async #lockRebuild(transaction: Transaction<LogDatabase>): Promise<void> {
    const row = await transaction
      .withSchema(this.#log.schema)
      .selectFrom('rebuild')
      .select('id')
      .where('id', '=', this.#rebuild.id)
      .where('attempt', '=', this.#attempt)
      .where('state', '=', this.#rebuild.state)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Fenced(`Rebuild ${this.#rebuild.id} is over.`);
  }

  async #setRole(transaction: Transaction<LogDatabase>, ids: number[], role: Role): Promise<void> {
    if (ids.length === 0) return;
    await transaction
      .withSchema(this.#log.schema)
      .updateTable('projection_run')
      .set({ role, since: sql`clock_timestamp()`, leader: null, lease_until: sql`clock_timestamp()` })
      .where('id', 'in', ids)
      .execute();
  }

  /** Writes down how far it is, now and then, while the work goes on. */
  #report(progress: { share: number; sequence: number; total: number; phase: RebuildPhase }): void {
    const isLoaded = progress.phase !== 'loading';
    if (!isLoaded && performance.now() - this.#reported < REPORT_MS) return;
    this.#reported = performance.now();
    this.#reporting = this.#reporting
      .then(() => this.#say({ ...progress, ...(isLoaded && { isLoaded }) }))
      .catch((error: unknown) =>
        this.#options.logger.error({ err: error, rebuild: this.#rebuild.id }, 'Progress could not be noted'),
      );
  }

  async #say({ isLoaded, ...progress }: { share: number; phase: RebuildPhase; isLoaded?: true }): Promise<void> {
    await this.#log.db
      .withSchema(this.#log.schema)
      .updateTable('rebuild')
      .set({ ...progress, ...(isLoaded && { loaded: sql`coalesce(loaded, clock_timestamp())` }) })
      .where('id', '=', this.#rebuild.id)
      .where('attempt', '=', this.#attempt)
      .where('state', '=', this.#rebuild.state)
      .execute();
  }
}

/** Notes what came of a rebuild. */
export async function finishRebuild(
  transaction: Transaction<LogDatabase>,
  { schema }: LogStore,
  id: number,
  outcome: { state: RebuildState; sequence?: number; comparison?: string; error?: string },
): Promise<void> {
  const isComplete = ['switched', 'switched_back', 'compared', 'scratch'].includes(outcome.state);
  await transaction
    .withSchema(schema)
    .updateTable('rebuild')
    .set({ ...outcome, phase: 'finished', finished: sql`clock_timestamp()`, ...(isComplete && { share: 1 }) })
    .where('id', '=', id)
    .execute();
}
