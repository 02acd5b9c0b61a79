// Makes sure that every projection has its schema in the version of this code.
import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import type { LogDatabase, LogStore } from '../events/log-database.ts';
import type { Projection } from './projection.ts';
import { createSchema, dropSchema, schemaName } from './schema.ts';

/** Creates the read model empty where there is none in this version; it is then caught up like any other. */
export async function prepare(log: LogStore, projection: Projection): Promise<void> {
  await log.db.transaction().execute(async (transaction) => {
    await lock(transaction, log, projection);
    const row = await transaction
      .withSchema(log.schema)
      .selectFrom('projection')
      .select(['version', 'schema_name'])
      .where('name', '=', projection.name)
      .executeTakeFirst();
    if (row?.version === projection.version) return;
    if (row && row.version > projection.version) {
      throw new Error(
        `Projection ${projection.name} is in version ${row.version}, newer than this code has (${projection.version}). Start the newer Demarche.`,
      );
    }
    await replace(transaction, log, projection, row?.schema_name);
  });
}

/** Empties the read model and sets its checkpoint to zero. Queries get no rows until it is caught up again. */
export async function reset(log: LogStore, projection: Projection): Promise<void> {
  await log.db.transaction().execute(async (transaction) => {
    await lock(transaction, log, projection);
    await replace(transaction, log, projection, schemaName(log.schema, projection));
  });
}

async function replace(
  transaction: Transaction<LogDatabase>,
  log: LogStore,
  projection: Projection,
  former: string | undefined,
): Promise<void> {
  const schema = schemaName(log.schema, projection);
  const { name, version } = projection;
  if (former) await dropSchema(transaction, former);
  await createSchema(transaction, schema, projection);
  const blank = {
    version,
    schema_name: schema,
    checkpoint: 0,
    failed_sequence: null,
    failed_type: null,
    failed_error: null,
  };
  await transaction
    .withSchema(log.schema)
    .insertInto('projection')
    .values({ name, ...blank, updated: sql`now()` })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ ...blank, updated: sql`now()` }))
    .execute();
}

/** Several nodes start at once: one prepares, the others wait and find it done. Held until the transaction ends. */
async function lock(transaction: Transaction<LogDatabase>, { schema }: LogStore, { name }: Projection): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${schema} projection ${name}`}, 0))`.execute(transaction);
}
