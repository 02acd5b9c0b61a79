// Counts that go up and down with the rows of another derived table, as known at every sequence: what is asked of many rows is
// read from few counts. Counted in the database, whether the rows are those of a page or all there are.
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { columnsOf } from './schema.ts';
import type { Provenance, Table } from './table.ts';
import { recordset } from './write-page.ts';

/** What a table of counts holds beside its key. */
type CountColumn = 'count';

export interface Tally<Counts extends Table = Table> {
  /** The table of the counts; it has a column `count`. */
  table: string;
  counts: Counts;
  /** The derived table whose rows are counted. */
  of: string;
  counted: Table;
  /** What rows are counted together by: each column of the key, drawn from a row `x`. */
  key: Record<Exclude<keyof Counts['columns'] & string, CountColumn>, string>;
  /** Which rows are counted, as a condition on `x`; all of them where it is left out. */
  where?: string;
}

/** The rows of a table that a page begins, and those that stood before and end with it. */
export interface RowChanges {
  added: Provenance[];
  /** As they stood, with their end. */
  ended: Provenance[];
}

/** Counts what a page begins and ends. */
export async function countPage(
  db: Kysely<any>,
  schema: string,
  tally: Tally,
  { added, ended }: RowChanges,
): Promise<void> {
  const moves = [
    ...added.map((row) => ({ ...row, at: row.known_from, by: 1 })),
    ...[...added, ...ended]
      .filter(({ known_until }) => known_until !== null)
      .map((row) => ({ ...row, at: row.known_until, by: -1 })),
  ];
  if (moves.length === 0) return;
  const columns = { ...columnsOf(tally.counted), at: 'bigint', by: 'integer' };
  await count(db, schema, tally, sql`select x.* from ${recordset(moves, columns)}`);
}

/** Counts all rows there are, into a table that is empty. */
export async function countAll(db: Kysely<any>, schema: string, tally: Tally): Promise<void> {
  const table = sql.id(schema, tally.of);
  await count(
    db,
    schema,
    tally,
    sql`select t.*, t.known_from as at, 1 as by from ${table} t
        union all
        select t.*, t.known_until, -1 from ${table} t where t.known_until is not null`,
  );
}

/**
 * The counts after moves, one row for each key and event that changed it. What one event takes from a fact and gives to the same
 * is no change; of the facts it moves, the latest stands for all. A count that falls to zero stays: what was known before is
 * found by it.
 */
async function count(db: Kysely<any>, schema: string, tally: Tally, moves: RawBuilder<unknown>): Promise<void> {
  const { counts, where = 'true' } = tally;
  const key = Object.keys(tally.key);
  const columns = (alias: string) => sql.join(key.map((column) => sql.id(alias, column)));
  const drawn = Object.entries<string>(tally.key).map(([column, from]) => sql`${sql.raw(from)} as ${sql.id(column)}`);
  const own = (alias: string) => sql`${columns(alias)}, ${sql.id(alias, 'at')}`;
  const table = sql.id(schema, tally.table);
  const names = sql.join(Object.keys(columnsOf(counts)).map((column) => sql.id(column)));
  await sql`
    with keyed as (
      select ${sql.join(drawn)}, x.at, x.by, x.event, x.sequence from (${moves}) x where ${sql.raw(where)}),
    moved as (
      select ${own('k')}, k.event, k.sequence, sum(k.by) as by
        from keyed k group by ${own('k')}, k.event, k.sequence having sum(k.by) <> 0),
    changed as (
      select ${own('m')}, sum(m.by) as by, max(m.sequence) as sequence, (array_agg(m.event order by m.sequence desc))[1] as event
        from moved m group by ${own('m')} having sum(m.by) <> 0),
    standing as (
      select t.ctid as place, t.count, ${columns('t')}, f.first
        from (select ${columns('c')}, min(c.at) as first from changed c group by ${columns('c')}) f
        join ${table} t on (${columns('t')}) = (${columns('f')})
       where t.known_until is null),
    ended as (
      update ${table} t set known_until = s.first from standing s where t.ctid = s.place)
    insert into ${table} (${names})
    select ${names} from (
      select c.*, (coalesce(s.count, 0) + sum(c.by) over own)::integer as count,
             c.at as known_from, lead(c.at) over own as known_until
        from changed c left join standing s on (${columns('s')}) = (${columns('c')})
      window own as (partition by ${columns('c')} order by c.at)) n`.execute(db);
}
