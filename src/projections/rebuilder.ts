// Carries rebuilds out: starts them, takes over those whose node has died, switches to what was built, and clears away what is
// no longer needed. Any number of nodes do so side by side; the leases on the runs say who works on which.
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { LogDatabase, LogStore, RebuildTable } from '../events/log-database.ts';
import { readHead } from '../events/read-log.ts';
import { isPassing, type Worker } from './apply.ts';
import { atMost } from '../events/at-most.ts';
import { NOTHING_LEFT_OUT, type LeftOut } from './left-out.ts';
import type { Projection } from './projection.ts';
import { isUnderway, readRebuild, UNDERWAY, type Rebuild } from './rebuild.ts';
import { finishRebuild, RebuildAttempt } from './rebuild-attempt.ts';
import { shapeOf } from './schema.ts';
import { briefly, createRun, dropDiscarded, Fenced, lockRun, takeLead, type LedRun } from './runs.ts';

/** So many rebuilds a node works on at once: each may hold two connections for building, one to read and one to copy. */
const AT_ONCE = 2;
/** How long what stood before stays, so that it can be switched back to. */
const KEPT_MS = 3_600_000;
/** So long after an event got its time it is committed, about. */
const COMMITTED_MS = 100;
/** A rebuild after a redaction that failed is tried again after this long. */
const RETRY_MS = 600_000;

export interface RebuildRequest {
  projections: readonly Projection[];
  until?: number | null;
  leftOut?: LeftOut;
  dryRun?: boolean;
}

/** A rebuild cannot be started, or not be treated like that, because of another one or of its own state. */
export class RebuildConflict extends Error {
  /** The rebuild that is in the way. */
  readonly rebuild: number;

  constructor(rebuild: number, message: string) {
    super(message);
    this.rebuild = rebuild;
  }
}

interface RebuilderOptions {
  worker: Worker;
  /** Connections for building: four are used at once. */
  pool: Pool;
  projections: readonly Projection[];
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Told when live runs have been replaced. */
  onSwitched: () => void;
}

export class Rebuilder {
  readonly #worker: Worker;
  readonly #pool: Pool;
  /** The log over the same connections, so that building and those who ask do not wait for each other. */
  readonly #builders: LogStore;
  readonly #projections: readonly Projection[];
  readonly #logger: RebuilderOptions['logger'];
  readonly #onSwitched: () => void;
  readonly #working = new Map<number, Promise<void>>();
  readonly #limit = atMost(AT_ONCE);
  readonly #led = new Set<number>();
  readonly #stopping = new AbortController();

  constructor({ worker, pool, projections, logger, onSwitched }: RebuilderOptions) {
    this.#worker = worker;
    this.#pool = pool;
    this.#builders = { ...worker.log, db: new Kysely({ dialect: new PostgresDialect({ pool }) }) };
    this.#projections = projections;
    this.#logger = logger;
    this.#onSwitched = onSwitched;
  }

  /** The ids of the runs that this node builds. */
  get led(): number[] {
    return [...this.#led];
  }

  get #log(): LogStore {
    return this.#worker.log;
  }

  /** Starts a rebuild. Throws {@link RebuildConflict} where one of the projections is being rebuilt already. */
  async start({
    projections: chosen,
    until = null,
    leftOut = NOTHING_LEFT_OUT,
    dryRun = false,
  }: RebuildRequest): Promise<Rebuild> {
    const projections = [...new Set(chosen)];
    const id = await briefly(this.#log, async (transaction) => {
      await this.#lock(transaction);
      const names = projections.map(({ name }) => name);
      const other = await this.#underwayAmong(transaction, projections);
      if (other) {
        const both = other.projections.filter((name) => names.includes(name)).join(', ');
        throw new RebuildConflict(other.id, `Rebuild ${other.id} of ${both} is under way. Wait for it, or cancel it.`);
      }
      return this.#create(transaction, projections, {
        reason: 'asked',
        until,
        left_out: JSON.stringify(leftOut),
        dry_run: dryRun,
      });
    });
    this.#begin(id);
    return (await readRebuild(this.#log, id))!;
  }

  /**
   * Sees to it that each projection has, or will have, a live run of its version: in an empty log it is there at once, else it is
   * built beside what answers meanwhile.
   */
  async ensureRuns(): Promise<void> {
    await briefly(this.#log, async (transaction) => {
      await this.#lock(transaction);
      const db = transaction.withSchema(this.#log.schema);
      // Those that were there before runs had a shape.
      for (const projection of this.#projections)
        await db
          .updateTable('projection_run')
          .set({ shape: shapeOf(projection) })
          .where(isOneOf([projection]))
          .where('shape', '=', '')
          .execute();
      const live = await db
        .selectFrom('projection_run')
        .select(['projection', 'version'])
        .where('role', '=', 'live')
        .execute();
      const missing = this.#projections.filter(
        ({ name, version }) => !live.some((run) => run.projection === name && run.version === version),
      );
      const { sequence: head } = await readHead({ ...this.#log, db: transaction });
      if (head === 0) {
        for (const projection of missing) await createRun(transaction, this.#log, projection, { role: 'live' });
        return;
      }
      const unattended: Projection[] = [];
      for (const projection of missing) {
        const other = await this.#underwayAmong(transaction, [projection]);
        if (!other) unattended.push(projection);
      }
      if (unattended.length === 0) return;
      // What an earlier start could not finish.
      await db
        .updateTable('projection_run')
        .set({ role: 'discarded' })
        .where('role', '=', 'building')
        .where(isOneOf(unattended))
        .execute();
      await this.#create(transaction, unattended, {
        reason: 'version',
        until: null,
        left_out: JSON.stringify(NOTHING_LEFT_OUT),
        dry_run: false,
      });
    });
  }

  /** Takes over what nobody works on, and clears away what nobody needs. */
  async tick(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.#forgetRedacted();
    const db = this.#log.db.withSchema(this.#log.schema);
    const underway = await db
      .selectFrom('rebuild as r')
      .select('r.id')
      .where('r.state', 'in', UNDERWAY)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('projection_run as p')
            .whereRef('p.rebuild', '=', 'r.id')
            .where('p.role', '=', 'building')
            .where(sql<boolean>`(p.leader is null or p.lease_until < clock_timestamp())`)
            .select('p.id'),
        ),
      )
      .execute();
    for (const { id } of underway) this.#begin(id);
    await this.#clear();
  }

  /**
   * What stands beside the live runs and was built before the last redaction is given up: it may hold what was removed. Live runs
   * that have taken one in page by page are rebuilt, so that their past shows nothing of it either.
   */
  async #forgetRedacted(): Promise<void> {
    const { db, schema } = this.#log;
    const run = sql.id(schema, 'projection_run');
    const event = sql.id(schema, 'event');
    await sql`
      with last as (
        select e.recorded + ${COMMITTED_MS} * interval '1 millisecond' as recorded from ${event} e
         where e.sequence = (select max((t.content ->> 'redacted')::bigint) from ${event} t where t.content ? 'redacted')),
      dropped as (
        update ${sql.id(schema, 'rebuild')} r set state = 'dropped', comparison = null
          from last where r.state = 'scratch' and r.created < last.recorded
        returning r.id),
      -- Examples of what differed are rows.
      forgotten as (
        update ${sql.id(schema, 'rebuild')} r set comparison = null
          from last where r.state not in ('running', 'switching_back', 'scratch') and r.comparison is not null
                      and r.created < last.recorded)
      update ${run} p set role = 'discarded', leader = null
       where p.role = 'scratch' and p.rebuild in (select id from dropped)
          or p.role = 'former' and (p.redaction is not null or p.since < (select recorded from last))`.execute(db);
    const isOutdated = await db
      .withSchema(schema)
      .selectFrom('projection_run')
      .select('id')
      .where(isToBeRebuilt(this.#projections))
      .limit(1)
      .executeTakeFirst();
    if (isOutdated) await briefly(this.#log, (transaction) => this.#rebuildRedacted(transaction));
  }

  async #rebuildRedacted(transaction: Transaction<LogDatabase>): Promise<void> {
    await this.#lock(transaction);
    const db = transaction.withSchema(this.#log.schema);
    const outdated = await db
      .selectFrom('projection_run')
      .select('projection')
      .where(isToBeRebuilt(this.#projections))
      .execute();
    const projections = this.#projections.filter(({ name }) => outdated.some((run) => run.projection === name));
    // What is under way may hold it too, and is followed by this one then.
    if (projections.length === 0 || (await this.#underwayAmong(transaction, projections))) return;
    const failed = await db
      .selectFrom('rebuild')
      .select('id')
      .where('reason', '=', 'redaction')
      .where('state', 'in', ['failed', 'cancelled'])
      .where('finished', '>', sql<string>`clock_timestamp() - ${RETRY_MS} * interval '1 millisecond'`)
      .limit(1)
      .executeTakeFirst();
    if (failed) return;
    await this.#create(transaction, projections, {
      reason: 'redaction',
      until: null,
      left_out: JSON.stringify(NOTHING_LEFT_OUT),
      dry_run: false,
    });
  }

  /** Ends a rebuild that is under way, or drops the tables of one that is finished; what has been switched to stays live. */
  async cancel(id: number): Promise<Rebuild | null> {
    await briefly(this.#log, async (transaction) => {
      const rebuild = await this.#lockRebuild(transaction, id);
      if (!rebuild) return;
      const next: Partial<Record<Rebuild['state'], Rebuild['state']>> = {
        running: 'cancelled',
        // What is live then is what was switched to.
        switching_back: 'switched',
        scratch: 'dropped',
      };
      const state = next[rebuild.state];
      if (state) await finishRebuild(transaction, this.#log, id, { state });
      await this.#discard(transaction, id, rebuild);
    });
    await dropDiscarded(this.#log);
    return readRebuild(this.#log, id);
  }

  /**
   * Makes live again what a rebuild has replaced, once that has caught up. Throws {@link RebuildConflict} where there is nothing
   * to switch back to.
   */
  async switchBack(id: number): Promise<Rebuild | null> {
    const isKnown = await briefly(this.#log, async (transaction) => {
      await this.#lock(transaction);
      const rebuild = await this.#lockRebuild(transaction, id);
      if (!rebuild) return false;
      const own = this.#projections.filter(({ name }) => rebuild.projections.includes(name));
      const other = await this.#underwayAmong(transaction, own);
      if (other) throw new RebuildConflict(other.id, `Rebuild ${other.id} is under way. Wait for it, or cancel it.`);
      const formers = await this.#formersOf(transaction, id);
      if (rebuild.state !== 'switched' || formers.length < rebuild.projections.length) {
        const what = rebuild.state === 'switched' ? 'what stood before is gone' : `it is ${rebuild.state}`;
        throw new RebuildConflict(id, `Rebuild ${id} cannot be switched back: ${what.replace('_', ' ')}.`);
      }
      const db = transaction.withSchema(this.#log.schema);
      await db
        .updateTable('projection_run')
        .set({ role: 'building', rebuild: id, phase: 'following', leader: null, lease_until: sql`clock_timestamp()` })
        .where(
          'id',
          'in',
          formers.map((run) => run.id),
        )
        .execute();
      await db
        .updateTable('rebuild')
        .set({ state: 'switching_back', phase: 'following', finished: null })
        .where('id', '=', id)
        .execute();
      return true;
    });
    if (!isKnown) return null;
    this.#begin(id);
    return readRebuild(this.#log, id);
  }

  /** Waits until this node works on nothing any more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Fenced('The node is stopping.'));
    await Promise.all(this.#working.values());
  }

  /** Waits until this node does not work on the rebuild any more. */
  async finished(id: number): Promise<Rebuild | null> {
    await this.#working.get(id);
    return readRebuild(this.#log, id);
  }

  #begin(id: number): void {
    if (this.#stopping.signal.aborted || this.#working.has(id)) return;
    // While it waits, another node may be sooner.
    const done = this.#limit(() => this.#work(id)).finally(() => this.#working.delete(id));
    this.#working.set(id, done);
  }

  /** Never rejects: what went wrong is in the rebuild, or is tried again by whoever takes it over. */
  async #work(id: number): Promise<void> {
    let runs: LedRun[] = [];
    try {
      const rebuild = await readRebuild(this.#log, id);
      if (!rebuild || !isUnderway(rebuild) || this.#stopping.signal.aborted) return;
      const own = this.#projections.filter(({ name }) => rebuild.projections.includes(name));
      runs = await takeLead(this.#log, this.#worker.node, own, id);
      for (const run of runs) this.#led.add(run.id);
      if (!(await this.#leadsAll(id, runs))) return;
      await new RebuildAttempt({
        worker: { log: this.#builders, node: this.#worker.node },
        pool: this.#pool,
        logger: this.#logger,
        rebuild,
        runs,
        signal: this.#stopping.signal,
      }).run();
      this.#onSwitched();
      await dropDiscarded(this.#log);
      // It may have been a what-if of a version that is not live yet, and kept that from being built.
      if (rebuild.reason === 'asked') await this.ensureRuns();
    } catch (error) {
      await this.#note(id, runs, error);
    } finally {
      for (const run of runs) this.#led.delete(run.id);
    }
  }

  /** Either all runs of a rebuild are led by this node, or it lets go of them. */
  async #leadsAll(id: number, runs: LedRun[]): Promise<boolean> {
    const { all } = await this.#log.db
      .withSchema(this.#log.schema)
      .selectFrom('projection_run')
      .select(({ fn }) => fn.countAll<number>().as('all'))
      .where('rebuild', '=', id)
      .where('role', '=', 'building')
      .executeTakeFirstOrThrow();
    if (runs.length === all) return runs.length > 0;
    await briefly(this.#log, (transaction) => this.#resign(transaction, runs));
    return false;
  }

  async #note(id: number, runs: LedRun[], error: unknown): Promise<void> {
    this.#logger.error({ err: error, rebuild: id }, 'A rebuild was interrupted');
    try {
      const isOver = !isPassing(error) && !(error instanceof Fenced);
      await briefly(this.#log, async (transaction) => {
        if (isOver) await this.#fail(transaction, id, runs, error as Error);
        else await this.#handOver(transaction, id, runs, error as Error);
      });
      await dropDiscarded(this.#log);
    } catch (cause) {
      // The lease lapses, and whoever takes it over finds the same.
      this.#logger.error({ err: cause, rebuild: id }, 'A rebuild could not be ended');
    }
  }

  /** Throws {@link Fenced} where it is somebody else's to say by now. */
  async #fail(transaction: Transaction<LogDatabase>, id: number, runs: LedRun[], error: Error): Promise<void> {
    const rebuild = await this.#lockRebuild(transaction, id);
    if (!rebuild || !isUnderway(rebuild)) return;
    for (const run of runs) await lockRun(transaction, this.#log, this.#worker.node, run);
    const state = rebuild.state === 'switching_back' ? 'switched' : 'failed';
    await finishRebuild(transaction, this.#log, id, { state, error: error.message });
    const discarded = transaction
      .withSchema(this.#log.schema)
      .updateTable('projection_run')
      .set({ leader: null, role: 'discarded' })
      .where('rebuild', '=', id)
      .where('role', '=', 'building');
    // One that could not be built in this version stays to be seen, with what it could not take.
    await (rebuild.reason === 'version' ? discarded.where('failed_sequence', 'is', null) : discarded).execute();
  }

  /** Lets others go on, or this node again. */
  async #handOver(transaction: Transaction<LogDatabase>, id: number, runs: LedRun[], error: Error): Promise<void> {
    await transaction
      .withSchema(this.#log.schema)
      .updateTable('rebuild')
      // A stopping node is no failure; what the database refused may pass, and is tried so many times.
      .set(error instanceof Fenced ? { handed_over: sql`handed_over + 1` } : { error: error.message })
      .where('id', '=', id)
      .where('state', 'in', UNDERWAY)
      .execute();
    await this.#resign(transaction, runs);
  }

  async #resign(transaction: Transaction<LogDatabase>, runs: LedRun[]): Promise<void> {
    if (runs.length === 0) return;
    await transaction
      .withSchema(this.#log.schema)
      .updateTable('projection_run')
      .set({ leader: null, lease_until: sql`clock_timestamp()` })
      .where('leader', '=', this.#worker.node)
      .where(
        'id',
        'in',
        runs.map((run) => run.id),
      )
      .execute();
  }

  /** Nobody starts, creates or switches back at the same time. Held until the transaction ends. */
  async #lock(transaction: Transaction<LogDatabase>): Promise<void> {
    const name = `${this.#log.schema} rebuilds`;
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
  }

  /** A rebuild under way of one of the projections in this version. */
  async #underwayAmong(transaction: Transaction<LogDatabase>, projections: readonly Projection[]) {
    return transaction
      .withSchema(this.#log.schema)
      .selectFrom('projection_run as p')
      .innerJoin('rebuild as r', 'r.id', 'p.rebuild')
      .select(['r.id', 'r.projections'])
      .where('r.state', 'in', UNDERWAY)
      .where('p.role', '=', 'building')
      .where(isOneOf(projections))
      .limit(1)
      .executeTakeFirst();
  }

  async #create(
    transaction: Transaction<LogDatabase>,
    projections: readonly Projection[],
    asked: Pick<RebuildTable, 'reason' | 'until' | 'left_out' | 'dry_run'>,
  ): Promise<number> {
    const { id } = await transaction
      .withSchema(this.#log.schema)
      .insertInto('rebuild')
      .values({ ...asked, projections: projections.map(({ name }) => name) })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const projection of projections)
      await createRun(transaction, this.#log, projection, { role: 'building', rebuild: id });
    return id;
  }

  async #lockRebuild(transaction: Transaction<LogDatabase>, id: number) {
    return transaction
      .withSchema(this.#log.schema)
      .selectFrom('rebuild')
      .select(['state', 'projections', 'reason'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  /** What stood before the rebuild switched, where that was the last to do so. */
  async #formersOf(transaction: Transaction<LogDatabase>, id: number) {
    return transaction
      .withSchema(this.#log.schema)
      .selectFrom('projection_run as former')
      .innerJoin('projection_run as live', (join) =>
        join.onRef('live.projection', '=', 'former.projection').onRef('live.version', '=', 'former.version'),
      )
      .select('former.id')
      .where('former.role', '=', 'former')
      .where('live.role', '=', 'live')
      .where('live.rebuild', '=', id)
      .execute();
  }

  /** Gives up all runs of a rebuild that are not live, and what stood before it. */
  async #discard(
    transaction: Transaction<LogDatabase>,
    id: number,
    { projections, state }: Pick<Rebuild, 'projections' | 'state'>,
  ): Promise<void> {
    const isBack = state === 'switched_back';
    const formers = await this.#formersOf(transaction, id);
    await transaction
      .withSchema(this.#log.schema)
      .updateTable('projection_run')
      .set({ role: 'discarded', leader: null })
      .where('projection', 'in', projections)
      .where((eb) =>
        eb.or([
          eb.and([
            eb('rebuild', '=', id),
            eb('role', 'in', isBack ? ['building', 'scratch', 'former'] : ['building', 'scratch']),
          ]),
          sql<boolean>`id = any(${formers.map((run) => run.id)}::bigint[])`,
        ]),
      )
      .execute();
  }

  /**
   * Gives up what stood before, an hour after what stands now has answered; and what another version of the code had, an hour
   * after its last node.
   */
  async #clear(): Promise<void> {
    const { db, schema } = this.#log;
    const run = sql.id(schema, 'projection_run');
    const longAgo = sql`clock_timestamp() - ${KEPT_MS} * interval '1 millisecond'`;
    await sql`
      update ${run} old set role = 'discarded', leader = null
        from ${run} new
       where new.projection = old.projection and new.role = 'live' and new.answered < ${longAgo} and new.since < ${longAgo}
         and (old.role = 'former' and new.version = old.version
              or old.role = 'live' and new.version <> old.version and new.lease_until >= ${longAgo} and old.lease_until < ${longAgo})`.execute(
      db,
    );
    await sql`
      with left_behind as (
        update ${sql.id(schema, 'rebuild')} r
           set state = 'failed', phase = 'finished', finished = clock_timestamp(),
               error = 'For an hour no node has had the code that it is to be built by.'
         where r.state = any(${UNDERWAY}::text[]) and r.created < ${longAgo} and coalesce(r.begun, r.created) < ${longAgo}
           and not exists (select from ${run} p where p.rebuild = r.id and p.role = 'building' and p.lease_until >= ${longAgo})
        returning r.id)
      update ${run} set role = 'discarded', leader = null
        from left_behind l where rebuild = l.id and role = 'building'`.execute(db);
    await dropDiscarded(this.#log);
  }
}

/** For `where`, on rows of `projection_run`: live runs of these projections that have taken in a redaction page by page. */
function isToBeRebuilt(projections: readonly Projection[]) {
  return sql<boolean>`role = 'live' and redaction is not null and ${isOneOf(projections)}`;
}

/** For `where`, on rows of `projection_run`: runs of these projections in their versions. */
function isOneOf(projections: readonly Projection[]) {
  const names = projections.map(({ name }) => name);
  const versions = projections.map(({ version }) => version);
  return sql<boolean>`(projection, version) in (select * from unnest(${names}::text[], ${versions}::int[]))`;
}
