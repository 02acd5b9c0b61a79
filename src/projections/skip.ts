// Passes over an event that a projection cannot take: an explicit act, on record, and the only way that anything is skipped.
import { sql } from 'kysely';
import type { LogStore } from '../events/log-database.ts';
import { briefly } from './runs.ts';

/**
 * Notes that the projection is to pass over the event at which it stands still, in every version that does; false where none
 * does. A live run then goes on; one that could not be built is given up, to be built anew. Other versions pass over nothing.
 */
export async function skipEvent(
  { db, schema }: LogStore,
  projection: string,
  sequence: number,
  reason: string,
): Promise<boolean> {
  return briefly({ db, schema }, async (transaction) => {
    const log = transaction.withSchema(schema);
    const stopped = await log
      .selectFrom('projection_run')
      .select(['id', 'version', 'role'])
      .where('projection', '=', projection)
      .where('role', 'in', ['live', 'building'])
      .where('failed_sequence', '=', sequence)
      .forUpdate()
      .execute();
    for (const { id, version, role } of stopped) {
      await log
        .updateTable('projection_run')
        .set({
          // Whoever leads it next knows what to pass over.
          leader: null,
          lease_until: sql`clock_timestamp()`,
          failed_sequence: null,
          failed_type: null,
          failed_error: null,
          role: role === 'building' ? 'discarded' : role,
        })
        .where('id', '=', id)
        .execute();
      await log
        .insertInto('projection_skip')
        .values({ projection, version, sequence, reason })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    return stopped.length > 0;
  });
}
