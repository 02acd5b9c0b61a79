// Writes what a page of changes contributes, table by table, set-wise: one statement to end rows, one to add them.
import { sql, type Kysely } from 'kysely';
import type { Page } from './projection.ts';
import { columnsOf } from './schema.ts';
import type { Provenance, Row, Table } from './table.ts';

/** The rows of the fact recorded at `sequence` that still stand end `until` there. */
interface End {
  event: string;
  sequence: number;
  until: number;
}

/** Ends the rows of former accounts and adds those of new ones. */
export async function writePage(db: Kysely<any>, schema: string, tables: [string, Table][], page: Page): Promise<void> {
  for (const [name, table] of tables) {
    if (table.kind !== 'contributed') continue;
    const { added, ended } = foldPage(name, page);
    await endRows(db, schema, name, ended);
    await insertRows(db, schema, name, table, added);
  }
}

/** What a page adds to a table and ends in it. Rows that appear and end within the page are written once, with both ends. */
export function foldPage(table: string, page: Page): { added: (Row<Table> & Provenance)[]; ended: End[] } {
  const added: (Row<Table> & Provenance)[] = [];
  const ended: End[] = [];
  const open = new Map<number, Provenance[]>();
  for (const { sequence, before, after } of page.changes) {
    if (before) {
      const rows = open.get(before.sequence);
      if (rows) for (const row of rows) row.known_until = sequence;
      else ended.push({ event: before.id, sequence: before.sequence, until: sequence });
      open.delete(before.sequence);
    }
    if (!after) continue;
    const rows = page.rowsOf(table, after).map((row) => ({
      ...row,
      event: after.id,
      sequence: after.sequence,
      known_from: sequence,
      known_until: null,
    }));
    added.push(...rows);
    open.set(after.sequence, rows);
  }
  return { added, ended };
}

/** Ends the rows of facts that still stand. */
export async function endRows(tables: Kysely<any>, schema: string, name: string, ended: End[]): Promise<void> {
  if (ended.length === 0) return;
  await sql`
    update ${sql.id(schema, name)} t set known_until = x.until
      from json_to_recordset(${JSON.stringify(ended)}::json) as x(sequence bigint, until bigint)
     where t.sequence = x.sequence and t.known_until is null`.execute(tables);
}

/** Adds rows to a table; columns are taken by name. */
export async function insertRows(
  tables: Kysely<any>,
  schema: string,
  name: string,
  table: Table,
  rows: object[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = columnsOf(table);
  const names = sql.join(Object.keys(columns).map((column) => sql.id(column)));
  await sql`
    insert into ${sql.id(schema, name)} (${names})
    select ${names} from ${recordset(rows, columns)}`.execute(tables);
}

/** Rows as a statement can read them, as `x`. */
export function recordset(rows: object[], columns: Record<string, string>) {
  const typed = Object.entries(columns).map(
    ([column, type]) => sql`${sql.id(column)} ${sql.raw(type.replace(' not null', ''))}`,
  );
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as x(${sql.join(typed)})`;
}
