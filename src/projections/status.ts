// How far each projection has got, and what stopped one that stands still.
import { sql } from 'kysely';
import type { LogStore } from '../events/log-database.ts';
import { UNDERWAY } from './rebuild.ts';

export interface ProjectionStatus {
  name: string;
  version: number;
  /** Whether it answers, or is still to be built in this version. */
  state: 'live' | 'building';
  checkpoint: number;
  /** Events of the log that it does not reflect yet. */
  lag: number;
  /** Seconds since the first of these was recorded; 0 where there is none. */
  lagSeconds: number;
  failed: { sequence: number; type: string | null; error: string } | null;
  /** Events that it was told to pass over, and why. */
  skipped: { sequence: number; reason: string; recorded: string }[];
  /** The node that writes it; null while nobody does. */
  leader: string | null;
  /** The rebuild under way. */
  rebuild: number | null;
}

/** The status of every projection, in each version that a node runs or is to run, and the head of the log, from one snapshot. */
export async function projectionStatuses({
  db,
  schema,
}: LogStore): Promise<{ sequence: number; projections: ProjectionStatus[] }> {
  const event = sql.id(schema, 'event');
  const run = sql.id(schema, 'projection_run');
  const { rows } = await sql<ProjectionStatus & { head: number }>`
    select p.projection as name, p.version, p.role as state, p.checkpoint, h.head, h.head - p.checkpoint as lag,
           coalesce(extract(epoch from clock_timestamp() - e.recorded), 0)::float as "lagSeconds",
           case when p.failed_sequence is not null
                then json_build_object('sequence', p.failed_sequence, 'type', p.failed_type, 'error', p.failed_error) end as failed,
           (select coalesce(json_agg(json_build_object('sequence', s.sequence, 'reason', s.reason,
                     'recorded', to_char(s.recorded at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by s.sequence), '[]')
              from ${sql.id(schema, 'projection_skip')} s
             where s.projection = p.projection and s.version = p.version) as skipped,
           case when p.lease_until > clock_timestamp() then p.leader end as leader,
           (select max(b.rebuild) from ${run} b join ${sql.id(schema, 'rebuild')} r on r.id = b.rebuild
             where b.projection = p.projection and b.version = p.version and b.role = 'building' and r.state = any(${UNDERWAY}::text[])) as rebuild
      from (select coalesce(max(sequence), 0) as head from ${event}) h
      left join (
        select r.* from ${run} r
         where r.role = 'live' and (r.lease_until > clock_timestamp() or not exists (
                 select from ${run} n where n.projection = r.projection and n.role = 'live' and n.version > r.version))
            or r.role = 'building' and not exists (
                 select from ${run} l where l.projection = r.projection and l.version = r.version and l.role = 'live')) p on true
      left join ${event} e on e.sequence = p.checkpoint + 1
     order by p.projection, p.version`.execute(db);
  const projections = rows.filter(({ name }) => name !== null).map(({ head: _head, ...status }) => status);
  return { sequence: rows[0]!.head, projections };
}
