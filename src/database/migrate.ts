// Brings one log's Postgres schema up to date: forward only, all or nothing, one process at a time.
// Not Kysely's Migrator: its lock belongs to a session, which a transaction-pooling proxy leaves locked on some other
// connection for good, and it keeps no hash of what was applied.
import { type Kysely, sql, type Transaction } from 'kysely';
import { type MigrationFile, MIGRATIONS, readMigrations } from './migration-files.ts';

const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

export type MigrateOptions = {
  /** One log is one Postgres schema; a second log lives beside the first under another name. */
  schema?: string;
  directory?: string;
};

/** Applies what is missing and answers its names. Throws, with nothing changed, where a migration fails. */
export async function migrate(db: Kysely<any>, options: MigrateOptions = {}): Promise<string[]> {
  const { schema = 'log', directory = MIGRATIONS } = options;
  if (!SCHEMA_NAME.test(schema)) {
    throw new Error(
      `"${schema}" cannot be the Postgres schema of a log: expected up to 63 lower-case letters, digits and ` +
        'underscores, not beginning with a digit or pg_.',
    );
  }
  const files = await readMigrations(directory);
  return db.transaction().execute(async (transaction) => {
    // Held to the end of the transaction: whoever comes second waits here and then finds nothing left to do.
    await sql`select pg_advisory_xact_lock(hashtext('demarche migrate'), hashtext(${schema}))`.execute(transaction);
    await prepareSchema(transaction, schema);
    const missing = await missingFrom(transaction, files, schema);
    for (const file of missing) await apply(transaction, file, schema);
    return missing.map((file) => file.name);
  });
}

async function prepareSchema(transaction: Transaction<any>, schema: string): Promise<void> {
  const { rows } = await sql<{ prepared: boolean }>`
    select to_regclass(${`${schema}.migration`}) is not null as prepared`.execute(transaction);
  if (!rows[0]?.prepared) {
    // Asked first: "if not exists" wants the right to create even where there is nothing to create.
    await sql`create schema if not exists ${sql.id(schema)}`.execute(transaction);
    await sql`
      create table ${sql.id(schema, 'migration')} (
        name text primary key,
        hash text not null,
        applied timestamptz not null default clock_timestamp()
      )`.execute(transaction);
  }
  await sql`set local search_path to ${sql.id(schema)}`.execute(transaction);
}

async function missingFrom(
  transaction: Transaction<any>,
  files: MigrationFile[],
  schema: string,
): Promise<MigrationFile[]> {
  const { rows: applied } = await sql<{ name: string; hash: string }>`
    select name, hash from migration order by name collate "C"`.execute(transaction);
  for (const [index, { name, hash }] of applied.entries()) {
    const file = files.find((candidate) => candidate.name === name);
    if (!file) {
      throw new Error(
        `Schema ${schema} has had migration ${name}, which this version of Demarche does not have: the database ` +
          'belongs to a newer version. Start that version.',
      );
    }
    if (file.hash !== hash) {
      throw new Error(
        `Migration ${name} was changed after it had been applied to schema ${schema}. ` +
          'Put the file back as it was, and make the change in a new migration.',
      );
    }
    if (files[index] !== file) {
      throw new Error(
        `Migration ${files[index]?.name} is missing from schema ${schema}, but the later ${name} has been applied. ` +
          'Give the missing one the next free number.',
      );
    }
  }
  return files.slice(applied.length);
}

async function apply(transaction: Transaction<any>, file: MigrationFile, schema: string): Promise<void> {
  try {
    // Without parameters pg sends the text as it is, so a file may hold any number of statements.
    await sql.raw(file.sql).execute(transaction);
    await sql`insert into ${sql.id(schema, 'migration')} (name, hash) values (${file.name}, ${file.hash})`.execute(
      transaction,
    );
  } catch (cause) {
    throw new Error(
      `Migration ${file.name} failed in schema ${schema}, and nothing was changed: ${(cause as Error).message}`,
      { cause },
    );
  }
}
