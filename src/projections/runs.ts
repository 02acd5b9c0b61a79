// The runs of the projections, as the log's schema lists them: which there are, who leads each, how far it is.
import { sql, type Kysely, type Transaction } from 'kysely';
import type { PoolClient } from 'pg';
import type { LogDatabase, LogStore, Phase, Role } from '../events/log-database.ts';
import type { Projection } from './projection.ts';
import { createIndex, createSchema, createTables, dropSchema, indexesOf, lastingTables, shapeOf } from './schema.ts';

/** How long a leader that says nothing is still taken for alive. */
export const LEASE_MS = 2_500;

/** A transaction that stands idle for so long is ended, so that a node which was halted in the middle of one holds up nobody. */
export const IDLE_MS = 3_000;

/** A run that a node leads: as long as its term lasts, nobody else writes it. */
export interface LedRun {
  id: number;
  projection: Projection;
  schema: string;
  /** Raised whenever the leader changes: what a former leader still sends is refused by it. */
  term: number;
  checkpoint: number;
  phase: Phase;
  /** The sequence of the event that it cannot take. */
  failed: number | null;
  /** The sequences that it was told to pass over. */
  skipped: ReadonlySet<number>;
}

/** The run is led by somebody else now, or not wanted any more: what was to be written is not. */
export class Fenced extends Error {}

/** The condition on rows of `projection_run` that no leader holds. */
const LEADERLESS = sql<boolean>`(leader is null or lease_until < clock_timestamp())`;

const leaseEnd = () => sql<string>`clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'`;

/** A transaction that holds up nobody: stands it idle, because its node was halted, the server ends it. */
export async function briefly<T>(
  { db }: LogStore,
  work: (transaction: Transaction<LogDatabase>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    await sql`set local idle_in_transaction_session_timeout = ${sql.lit(IDLE_MS)}`.execute(transaction);
    return work(transaction);
  });
}

/** Creates the tables of a run, in a schema named after log, projection, version and run: `log_positions_3_17`. */
export async function createRun(
  transaction: Transaction<LogDatabase>,
  { schema: logSchema }: LogStore,
  projection: Projection,
  { role, rebuild = null }: { role: Role; rebuild?: number | null },
): Promise<void> {
  const { name, version } = projection;
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence(${`${logSchema}.projection_run`}, 'id')) as id`.execute(transaction);
  const { id } = rows[0]!;
  const schema = `${logSchema}_${name}_${version}_${id}`;
  await createSchema(transaction, schema);
  await createTables(transaction, schema, lastingTables(projection));
  const isLive = role === 'live';
  if (isLive) for (const index of indexesOf(projection)) await createIndex(transaction, schema, index);
  await sql`
    insert into ${sql.id(logSchema, 'projection_run')} (id, projection, version, schema_name, role, shape, rebuild, phase, lease_until)
    overriding system value
    values (${id}, ${name}, ${version}, ${schema}, ${role}, ${shapeOf(projection)}, ${rebuild},
            ${isLive ? 'following' : 'loading'}, clock_timestamp())`.execute(transaction);
}

/** Takes the lead of the runs that nobody leads, of these projections in these versions, or of a rebuild. */
export async function takeLead(
  { db, schema }: LogStore,
  node: string,
  projections: readonly Projection[],
  rebuild: number | null,
): Promise<LedRun[]> {
  const names = projections.map(({ name }) => name);
  const versions = projections.map(({ version }) => version);
  const run = sql.id(schema, 'projection_run');
  const wanted = rebuild === null ? sql`c.role = 'live'` : sql`c.role = 'building' and c.rebuild = ${rebuild}`;
  // A run whose row is locked is being written at this moment, by a leader that lives.
  const { rows } = await sql<{
    id: number;
    projection: string;
    schema_name: string;
    term: number;
    checkpoint: number;
    phase: Phase;
    failed_sequence: number | null;
    skipped: number[];
  }>`
    update ${run} r set leader = ${node}, term = term + 1, lease_until = ${leaseEnd()}
     where r.id in (
       select c.id from ${run} c
         join unnest(${names}::text[], ${versions}::int[]) w(projection, version) using (projection, version)
        where ${wanted} and ${LEADERLESS}
          for update of c skip locked)
    returning r.id, r.projection, r.schema_name, r.term, r.checkpoint, r.phase, r.failed_sequence,
      array(select s.sequence from ${sql.id(schema, 'projection_skip')} s
             where s.projection = r.projection and s.version = r.version) as skipped`.execute(db);
  const inOrder = rows.toSorted((a, b) => a.id - b.id);
  return inOrder.map((row) => ({
    id: row.id,
    projection: projections.find(({ name }) => name === row.projection)!,
    schema: row.schema_name,
    term: row.term,
    checkpoint: row.checkpoint,
    phase: row.phase,
    failed: row.failed_sequence,
    skipped: new Set(row.skipped),
  }));
}

/** Goes on leading these runs, and answers which of them are still led by the node. */
export async function keepLead({ db, schema }: LogStore, node: string, ids: number[]): Promise<Set<number>> {
  const run = sql.id(schema, 'projection_run');
  const { rows } = await sql<{ id: number }>`
    with kept as (
      update ${run} set lease_until = ${leaseEnd()}
       where id in (
         select c.id from ${run} c where c.leader = ${node} and c.id = any(${ids}::bigint[]) for update of c skip locked))
    select id from ${run} where leader = ${node} and id = any(${ids}::bigint[]) and role in ('live', 'building')`.execute(
    db,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whoever wants to may lead from now on. */
export async function resign({ db, schema }: LogStore, node: string): Promise<void> {
  await db
    .withSchema(schema)
    .updateTable('projection_run')
    .set({ leader: null, lease_until: sql`clock_timestamp()` })
    .where('leader', '=', node)
    .execute();
}

/** The checkpoint, which nobody moves until the transaction ends. Throws {@link Fenced} where the node does not lead any more. */
export async function lockRun(
  transaction: Kysely<LogDatabase>,
  { schema }: LogStore,
  node: string,
  run: Pick<LedRun, 'id' | 'term' | 'projection'>,
): Promise<number> {
  const row = await transaction
    .withSchema(schema)
    .selectFrom('projection_run')
    .select(['checkpoint', 'leader', 'term', 'role'])
    .where('id', '=', run.id)
    .forUpdate()
    .executeTakeFirst();
  const isOurs = row?.leader === node && row.term === run.term && (row.role === 'live' || row.role === 'building');
  if (isOurs) return row.checkpoint;
  throw new Fenced(`Run ${run.id} of ${run.projection.name} is not led by this node any more.`);
}

/** Notes how far the run is now, in the transaction that brought it there, and that its leader lives. */
export async function moveCheckpoint(
  transaction: Kysely<LogDatabase>,
  { schema }: LogStore,
  id: number,
  checkpoint: number,
): Promise<void> {
  await transaction
    .withSchema(schema)
    .updateTable('projection_run')
    .set({
      checkpoint,
      updated: sql`clock_timestamp()`,
      lease_until: leaseEnd(),
      failed_sequence: null,
      failed_type: null,
      failed_error: null,
    })
    .where('id', '=', id)
    .execute();
}

/**
 * Changes the tables of a run that is being built, in one transaction. Throws {@link Fenced}, with nothing changed, where the run
 * is led by somebody else by the end, or no longer wanted; whoever takes over later waits until the transaction has ended.
 */
export async function changeTables<T>(
  log: LogStore,
  node: string,
  run: LedRun,
  work: (transaction: Transaction<LogDatabase>) => Promise<T>,
): Promise<T> {
  return briefly(log, async (transaction) => {
    const done = await work(transaction);
    // Last, so that a node which was halted in the middle does not keep the row from whoever takes over.
    const { numUpdatedRows } = await transaction
      .withSchema(log.schema)
      .updateTable('projection_run')
      .set({ updated: sql`clock_timestamp()` })
      .where(isBuiltBy(node, run))
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw notBuiltHere(run);
    return done;
  });
}

/** The same on a connection that copies; notes how far the run is as well. */
export async function saveCheckpoint(
  client: PoolClient,
  { schema }: LogStore,
  node: string,
  run: LedRun,
  checkpoint: number,
): Promise<void> {
  const { rowCount } = await client.query(
    `update ${client.escapeIdentifier(schema)}.projection_run
        set checkpoint = $1, updated = clock_timestamp()
      where id = $2 and leader = $3 and term = $4 and role = 'building'`,
    [checkpoint, run.id, node, run.term],
  );
  if (rowCount !== 1) throw notBuiltHere(run);
}

/** Notes which phase of its building the run enters. */
export async function enterPhase({ db, schema }: LogStore, node: string, run: LedRun, phase: Phase): Promise<void> {
  const { numUpdatedRows } = await db
    .withSchema(schema)
    .updateTable('projection_run')
    .set({ phase })
    .where(isBuiltBy(node, run))
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw notBuiltHere(run);
  run.phase = phase;
}

function notBuiltHere({ id, projection }: LedRun): Fenced {
  return new Fenced(`Run ${id} of ${projection.name} is not built by this node any more.`);
}

/** For `where`, on rows of `projection_run`. */
function isBuiltBy(node: string, { id, term }: LedRun) {
  return sql<boolean>`id = ${id} and leader = ${node} and term = ${term} and role = 'building'`;
}

/**
 * Ends the connections on which a former leader, halted in the middle of its work, still holds tables of runs that are led by this
 * node now and are not worked on yet.
 */
export async function endFormerLeaders({ db }: LogStore, runs: LedRun[]): Promise<void> {
  await sql`
    select pg_terminate_backend(a.pid)
      from pg_stat_activity a
     where a.usename = current_user and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
       and a.pid in (
         select l.pid from pg_locks l
           join pg_class c on c.oid = l.relation
           join pg_namespace n on n.oid = c.relnamespace
          where l.database = (select oid from pg_database where datname = current_database())
            and n.nspname = any(${runs.map(({ schema }) => schema)}::text[]))`.execute(db);
}

/**
 * Drops what nobody wants any more. What somebody still holds on to, a node that was halted in the middle of its work, is dropped
 * the next time.
 */
export async function dropDiscarded({ db, schema }: LogStore): Promise<void> {
  const discarded = await db
    .withSchema(schema)
    .selectFrom('projection_run')
    .select(['id', 'schema_name'])
    .where('role', '=', 'discarded')
    .execute();
  for (const { id, schema_name } of discarded) {
    await briefly({ db, schema }, async (transaction) => {
      const row = await transaction
        .withSchema(schema)
        .selectFrom('projection_run')
        .select('id')
        .where('id', '=', id)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!row || !(await canBeDropped(transaction, schema_name))) return;
      await dropSchema(transaction, schema_name);
      await transaction.withSchema(schema).deleteFrom('projection_run').where('id', '=', id).execute();
    });
  }
}

/** Whether no transaction holds a lock on anything in the schema: waiting for one would let others wait behind us. */
async function canBeDropped(db: Kysely<any>, schema: string): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`
    select exists (
      select from pg_locks l
        join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = ${schema} and l.pid <> pg_backend_pid()
         and l.database = (select oid from pg_database where datname = current_database())) as held`.execute(db);
  return !rows[0]!.held;
}
