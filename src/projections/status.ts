// How far each projection has got, and what stopped one that stands still.
import { sql } from 'kysely';
import type { LogStore } from '../events/log-database.ts';

export interface ProjectionStatus {
  name: string;
  version: number;
  checkpoint: number;
  /** Events of the log that it does not reflect yet. */
  lag: number;
  /** Seconds since the first of these was recorded; 0 where there is none. */
  lagSeconds: number;
  failed: { sequence: number; type: string | null; error: string } | null;
}

/** The status of every projection and the head of the log, from one snapshot. */
export async function projectionStatuses({
  db,
  schema,
}: LogStore): Promise<{ sequence: number; projections: ProjectionStatus[] }> {
  const event = sql.id(schema, 'event');
  const { rows } = await sql<ProjectionStatus & { head: number }>`
    select p.name, p.version, p.checkpoint, h.head, h.head - p.checkpoint as lag,
           coalesce(extract(epoch from clock_timestamp() - e.recorded), 0)::float as "lagSeconds",
           case when p.failed_sequence is not null
                then json_build_object('sequence', p.failed_sequence, 'type', p.failed_type, 'error', p.failed_error) end as failed
      from (select coalesce(max(sequence), 0) as head from ${event}) h
      left join ${sql.id(schema, 'projection')} p on true
      left join ${event} e on e.sequence = p.checkpoint + 1
     order by p.name`.execute(db);
  const projections = rows.filter(({ name }) => name !== null).map(({ head: _head, ...status }) => status);
  return { sequence: rows[0]!.head, projections };
}
