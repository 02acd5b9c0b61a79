// Compares two runs of a projection as both knew things at one sequence: rows, a digest of them, and where these differ, what does.
import { sql, type Kysely } from 'kysely';
import type { LogStore } from '../events/log-database.ts';
import type { Projection } from './projection.ts';
import { Fenced } from './runs.ts';
import { columnsOf, lastingTables } from './schema.ts';
import type { Table } from './table.ts';

/** So many differences are shown of each table. */
const EXAMPLES = 5;

export interface TableComparison {
  projection: string;
  table: string;
  /** Rows there are in each, and whether all of them are the same. */
  rows: { live: number; rebuilt: number };
  equal: boolean;
  /** Rows about an event that only one of them has, and pairs of rows about one event that differ. */
  onlyLive: number;
  onlyRebuilt: number;
  differing: number;
  examples: Difference[];
}

/** The fact that the rows are about, and each row as it stands; null where there is none. */
interface Difference {
  event: string;
  sequence: number;
  live: Record<string, unknown> | null;
  rebuilt: Record<string, unknown> | null;
}

export interface Comparison {
  /** Both are compared as they were known at that sequence. */
  sequence: number;
  equal: boolean;
  tables: TableComparison[];
}

/** Compares, in one snapshot, the rows of two runs up to the sequence that both have reached. */
export async function compareRuns(
  { db, schema }: LogStore,
  projection: Projection,
  live: number,
  rebuilt: number,
): Promise<Comparison> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (transaction) => {
      const runs = await transaction
        .withSchema(schema)
        .selectFrom('projection_run')
        .select(['id', 'schema_name as schema', 'checkpoint'])
        .where('id', 'in', [live, rebuilt])
        .execute();
      const side = (id: number) => runs.find((run) => run.id === id);
      const [a, b] = [side(live), side(rebuilt)];
      if (!a || !b) throw new Fenced(`Run ${a ? rebuilt : live} is gone.`);
      const sequence = Math.min(a.checkpoint, b.checkpoint);
      const tables: TableComparison[] = [];
      for (const [name, table] of lastingTables(projection)) {
        const sides = [a, b].map((side) => asKnownAt(side.schema, name, table, sequence)) as [Rows, Rows];
        tables.push({ projection: projection.name, table: name, ...(await compareTables(transaction, sides)) });
      }
      return { sequence, equal: tables.every(({ equal }) => equal), tables };
    });
}

type Rows = ReturnType<typeof asKnownAt>;

/** The rows as they were known at a sequence: what came later is not there, and what ended later has not ended. */
function asKnownAt(schema: string, name: string, table: Table, sequence: number) {
  const columns = Object.keys(columnsOf(table)).filter((column) => column !== 'known_until');
  return sql`
    select ${sql.join(columns.map((column) => sql.id(column)))},
           case when known_until <= ${sequence} then known_until end as known_until
      from ${sql.id(schema, name)} where known_from <= ${sequence}`;
}

async function compareTables(
  db: Kysely<any>,
  sides: [Rows, Rows],
): Promise<Omit<TableComparison, 'projection' | 'table'>> {
  const [live, rebuilt] = [await digestOf(db, sides[0]), await digestOf(db, sides[1])];
  const rows = { live: live.rows, rebuilt: rebuilt.rows };
  if (rows.live === rows.rebuilt && live.digest === rebuilt.digest)
    return { rows, equal: true, onlyLive: 0, onlyRebuilt: 0, differing: 0, examples: [] };
  return { rows, equal: false, ...(await differencesOf(db, sides)) };
}

/** The same for the same rows, in whatever order they stand: the sum of two hashes of each. */
async function digestOf(db: Kysely<any>, rows: Rows): Promise<{ rows: number; digest: string }> {
  const found = await sql<{ rows: number; digest: string }>`
    select count(*) as rows, concat_ws(' ', sum(hashtextextended(t::text, 0)::numeric), sum(hashtextextended(t::text, 1)::numeric)) as digest
      from (${rows}) t`.execute(db);
  return found.rows[0]!;
}

/** Rows that are not in both, in pairs where both have one about the same event. */
async function differencesOf(db: Kysely<any>, [live, rebuilt]: [Rows, Rows]) {
  const numbered = (rows: Rows) => sql`
    select t.event, t.sequence, t.known_from, to_jsonb(t) as shown, md5(t::text) as hash,
           row_number() over (partition by md5(t::text)) as n
      from (${rows}) t`;
  const inPairs = (side: string) => sql`
    select event, sequence, shown, row_number() over (partition by event order by known_from, hash) as n
      from unmatched where side = ${sql.lit(side)}`;
  const { rows } = await sql<{
    onlyLive: number;
    onlyRebuilt: number;
    differing: number;
    examples: Difference[];
  }>`
    with live as (${numbered(live)}), rebuilt as (${numbered(rebuilt)}),
    unmatched as materialized (
      select 'live' as side, l.* from live l left join rebuilt r using (hash, n) where r.hash is null
      union all
      select 'rebuilt', r.* from rebuilt r left join live l using (hash, n) where l.hash is null),
    pairs as materialized (
      select coalesce(l.event, r.event) as event, coalesce(l.sequence, r.sequence) as sequence, l.shown as live, r.shown as rebuilt
        from (${inPairs('live')}) l full join (${inPairs('rebuilt')}) r using (event, n))
    select count(*) filter (where rebuilt is null) as "onlyLive", count(*) filter (where live is null) as "onlyRebuilt",
           count(*) filter (where live is not null and rebuilt is not null) as differing,
           (select coalesce(json_agg(e), '[]') from (select * from pairs order by sequence, event limit ${EXAMPLES}) e) as examples
      from pairs`.execute(db);
  return rows[0]!;
}
