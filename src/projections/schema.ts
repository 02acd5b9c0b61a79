// The Postgres schema that a run of a projection owns: made from the declaration of its tables, dropped whole.
import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { Projection } from './projection.ts';
import { PROVENANCE_COLUMNS, type Table } from './table.ts';

/** The columns of a table with their types in SQL. */
export function columnsOf({ columns }: Table): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(columns).map(([column, { sql: type }]) => [column, type])),
    ...PROVENANCE_COLUMNS,
  };
}

/** The tables that stay when a run is built, and are asked. */
export function lastingTables({ tables }: Projection): [name: string, table: Table][] {
  return Object.entries(tables).filter(([, table]) => table.kind !== 'scratch');
}

/** The tables that are filled by what facts contribute while a run is built. */
export function loadedTables({ tables }: Projection): [name: string, table: Table][] {
  return Object.entries(tables).filter(([, { kind }]) => kind !== 'derived');
}

/** Equal where code can read the tables that other code has made. */
export function shapeOf(projection: Projection): string {
  const shape = lastingTables(projection).map(([name, table]) => [name, columnsOf(table)]);
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16);
}

/** Makes the tables, still without indexes: they are made when the rows are there. */
export async function createTables(db: Kysely<any>, schema: string, tables: [string, Table][]): Promise<void> {
  for (const [name, table] of tables) {
    const typed = sql.join(
      Object.entries(columnsOf(table)).map(([column, type]) => sql`${sql.id(column)} ${sql.raw(type)}`),
    );
    await sql`create table if not exists ${sql.id(schema, name)} (${typed})`.execute(db);
  }
}

export async function dropTables(db: Kysely<any>, schema: string, tables: [string, Table][]): Promise<void> {
  for (const [name] of tables) await sql`drop table if exists ${sql.id(schema, name)}`.execute(db);
}

/** The indexes of a run, each as it is told apart from the others and as SQL; made one by one, so that an end can come between. */
export function indexesOf(projection: Projection): { name: string; table: string; definition: string }[] {
  return lastingTables(projection).flatMap(([table, { indexes }]) =>
    // Corrections and retractions find the rows of a fact by its sequence.
    ['(sequence)', ...indexes].map((definition, n) => ({ name: `${table}_${n}`, table, definition })),
  );
}

export async function createIndex(
  db: Kysely<any>,
  schema: string,
  { name, table, definition }: { name: string; table: string; definition: string },
): Promise<void> {
  await sql`
    create index if not exists ${sql.id(name)} on ${sql.id(schema, table)} ${sql.raw(definition)}`.execute(db);
}

/** Lets the planner look at what the tables hold. */
export async function analyze(db: Kysely<any>, schema: string, projection: Projection): Promise<void> {
  const names = lastingTables(projection).map(([name]) => sql.id(schema, name));
  await sql`analyze ${sql.join(names)}`.execute(db);
}

export async function createSchema(db: Kysely<any>, schema: string): Promise<void> {
  await sql`create schema ${sql.id(schema)}`.execute(db);
}

export async function dropSchema(db: Kysely<any>, schema: string): Promise<void> {
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
}
