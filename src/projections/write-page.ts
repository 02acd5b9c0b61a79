// Writes what a page of changes contributes, table by table, set-wise: one statement to end rows, one to add them.
import { sql, type Kysely } from 'kysely';
import type { FactChange } from './fact-changes.ts';
import { contributionOf, type Projection } from './projection.ts';
import { PROVENANCE_COLUMNS, type Provenance, type Table } from './table.ts';

type Stored = Record<string, unknown> & Provenance;

/** Ends the rows of former accounts and adds those of new ones. */
export async function writePage(
  tables: Kysely<any>,
  schema: string,
  projection: Projection,
  changes: FactChange[],
): Promise<void> {
  for (const [name, table] of Object.entries(projection.tables)) {
    if (table.derived) continue;
    const { added, ended } = foldChanges(projection, name, changes);
    await endRows(tables, schema, name, ended);
    await insertRows(tables, schema, name, table, added);
  }
}

/** Rows that appear and end within the page are written once, with both ends. */
function foldChanges(projection: Projection, name: string, changes: FactChange[]) {
  const added: Stored[] = [];
  const ended: { sequence: number; until: number }[] = [];
  const open = new Map<number, Stored[]>();
  for (const { sequence, before, after } of changes) {
    if (before) {
      const rows = open.get(before.sequence);
      if (rows) for (const row of rows) row.known_until = sequence;
      else ended.push({ sequence: before.sequence, until: sequence });
      open.delete(before.sequence);
    }
    if (!after) continue;
    const rows = (contributionOf(projection, after)[name] ?? []).map((row) => ({
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

async function endRows(
  tables: Kysely<any>,
  schema: string,
  name: string,
  ended: { sequence: number; until: number }[],
): Promise<void> {
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
  const columns = {
    ...Object.fromEntries(Object.entries(table.columns).map(([column, { sql: type }]) => [column, type])),
    ...PROVENANCE_COLUMNS,
  };
  const names = sql.join(Object.keys(columns).map((column) => sql.id(column)));
  const typed = sql.join(
    Object.entries(columns).map(([column, type]) => sql`${sql.id(column)} ${sql.raw(type.replace(' not null', ''))}`),
  );
  await sql`
    insert into ${sql.id(schema, name)} (${names})
    select ${names} from json_to_recordset(${JSON.stringify(rows)}::json) as x(${typed})`.execute(tables);
}
