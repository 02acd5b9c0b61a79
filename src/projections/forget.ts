// Takes what a redacted event has left out of the tables of a run: every row that was drawn from it, whenever that was known.
import { sql, type Kysely, type Transaction } from 'kysely';
import type { LogDatabase, LogStore } from '../events/log-database.ts';
import type { FactChange } from './fact-changes.ts';
import { pageOf } from './projection.ts';
import type { LedRun } from './runs.ts';
import { lastingTables, loadedTables } from './schema.ts';
import { insertRows } from './write-page.ts';

/**
 * Forgets what the redactions among the changes have emptied, as far as the run had taken it, and notes the last of them: what else
 * depended on it shows no more than that there was something, and is put right by a rebuild (see Rebuilder).
 */
export async function forgetRedacted(
  transaction: Transaction<LogDatabase>,
  { schema: logSchema }: LogStore,
  { id, projection, schema, checkpoint }: LedRun,
  changes: readonly FactChange[],
): Promise<void> {
  const redactions = changes.flatMap(({ sequence, forgotten }) =>
    forgotten && forgotten.sequence <= checkpoint ? [{ sequence, forgotten }] : [],
  );
  if (redactions.length === 0) return;
  const facts = redactions.map(({ forgotten }) => forgotten);
  const page = pageOf(projection, []);
  for (const [name, table] of lastingTables(projection)) {
    if (table.sumsUp) continue;
    await sql`
      delete from ${sql.id(schema, name)}
       where sequence = any(${facts.map(({ sequence }) => sequence)}::bigint[])`.execute(transaction);
    // Known at no time, as a rebuild writes them.
    const shown = facts.flatMap((fact) =>
      page.rowsOf(name, fact).map((row) => {
        const { id: event, sequence } = fact;
        return { ...row, event, sequence, known_from: sequence, known_until: sequence };
      }),
    );
    await insertRows(transaction, schema, name, table, shown);
  }
  await noteRedaction(transaction, logSchema, id, Math.max(...redactions.map(({ sequence }) => sequence)));
}

/** The same for a run that was loaded while redactions were recorded, before what it has derived and indexed. */
export async function forgetLoaded(
  transaction: Transaction<LogDatabase>,
  { schema: logSchema }: LogStore,
  { id, projection, schema }: LedRun,
): Promise<void> {
  const event = sql.id(logSchema, 'event');
  const { rows } = await sql<{ sequence: number; redacted: number }>`
    select e.sequence, (e.content ->> 'redacted')::bigint as redacted from ${event} e where e.content ? 'redacted'`.execute(
    transaction,
  );
  if (rows.length === 0) return;
  for (const [name] of loadedTables(projection)) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.id(schema, name)}
       where sequence = any(${rows.map(({ sequence }) => sequence)}::bigint[])
         and known_until is distinct from sequence`.execute(transaction);
    if (numAffectedRows > 0n)
      await noteRedaction(transaction, logSchema, id, Math.max(...rows.map(({ redacted }) => redacted)));
  }
}

async function noteRedaction(db: Kysely<LogDatabase>, schema: string, id: number, redaction: number): Promise<void> {
  await db.withSchema(schema).updateTable('projection_run').set({ redaction }).where('id', '=', id).execute();
}
