// The Postgres schema a projection owns: made from its declaration, dropped whole.
import { sql, type Kysely } from 'kysely';
import type { Projection } from './projection.ts';
import { PROVENANCE_COLUMNS } from './table.ts';

/** One schema per log, projection and version: `log_positions_1`. */
export function schemaName(logSchema: string, { name, version }: Projection): string {
  return `${logSchema}_${name}_${version}`;
}

export async function createSchema(db: Kysely<any>, schema: string, { tables }: Projection): Promise<void> {
  await sql`create schema ${sql.id(schema)}`.execute(db);
  for (const [name, { columns, indexes }] of Object.entries(tables)) {
    const types = {
      ...Object.fromEntries(Object.entries(columns).map(([column, { sql: type }]) => [column, type])),
      ...PROVENANCE_COLUMNS,
    };
    const typed = sql.join(Object.entries(types).map(([column, type]) => sql`${sql.id(column)} ${sql.raw(type)}`));
    await sql`create table ${sql.id(schema, name)} (${typed})`.execute(db);
    // Corrections and retractions find the rows of a fact by its sequence.
    for (const index of ['(sequence)', ...indexes])
      await sql`create index on ${sql.id(schema, name)} ${sql.raw(index)}`.execute(db);
  }
}

/** Lets the planner look at what the tables hold. */
export async function analyze(db: Kysely<any>, schema: string, { tables }: Projection): Promise<void> {
  await sql`analyze ${sql.join(Object.keys(tables).map((name) => sql.id(schema, name)))}`.execute(db);
}

export async function dropSchema(db: Kysely<any>, schema: string): Promise<void> {
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
}
