// Takes what a redacted event has left out of the tables of a run: every row that was drawn from it, whenever that was known.
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Fact } from '../domain/fact.ts';
import type { LogDatabase, LogStore } from '../events/log-database.ts';
import type { FactChange } from './fact-changes.ts';
import { pageOf } from './projection.ts';
import type { LedRun } from './runs.ts';
import { lastingTables, loadedTables } from './schema.ts';
import { endRows, insertRows } from './write-page.ts';

/** A fact that is emptied, and the sequence of its redaction. */
interface Redaction {
  sequence: number;
  forgotten: Fact;
}

/** The redactions among the changes whose targets were taken before a page that begins after the checkpoint. */
export function redactionsIn(changes: readonly FactChange[], checkpoint: number): Redaction[] {
  return changes.flatMap(({ sequence, forgotten }) =>
    forgotten && forgotten.sequence <= checkpoint ? [{ sequence, forgotten }] : [],
  );
}

/** Before what depends on them is derived: the rows of what was redacted end there, as if it had been retracted. */
export async function endRedacted(tables: Kysely<any>, { projection, schema }: LedRun, redactions: Redaction[]) {
  const ended = redactions.map(({ sequence, forgotten }) => ({
    event: forgotten.id,
    sequence: forgotten.sequence,
    until: sequence,
  }));
  for (const [name, { kind }] of lastingTables(projection))
    if (kind === 'contributed') await endRows(tables, schema, name, ended);
}

/**
 * Once what depends on them is derived: every row that was drawn from what was redacted goes, whenever that was known. What else
 * was known before shows no more than that there was something; the run is marked, to be rebuilt (see Rebuilder).
 */
export async function forgetRedacted(
  transaction: Transaction<LogDatabase>,
  { schema: logSchema }: LogStore,
  { id, projection, schema }: LedRun,
  redactions: Redaction[],
): Promise<void> {
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
