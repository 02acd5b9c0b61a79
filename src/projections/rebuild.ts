// A rebuild as a resource: what was asked for, how far it is, what came of it.
import { sql } from 'kysely';
import type { LogStore, RebuildPhase, RebuildState } from '../events/log-database.ts';
import type { Comparison } from './compare.ts';
import type { LeftOut } from './left-out.ts';

export interface Rebuild {
  id: number;
  /** `version`: the code has another version of these than there was. `redaction`: an event was emptied that they had taken. */
  reason: 'asked' | 'version' | 'redaction';
  projections: string[];
  /** The last sequence to take; null for all there are. */
  until: number | null;
  leftOut: LeftOut;
  dryRun: boolean;
  state: RebuildState;
  phase: RebuildPhase;
  /** How often it was begun or taken over. */
  attempt: number;
  /** The last sequence taken, and the last one to take as known now. */
  sequence: number;
  total: number;
  /** Of the whole work, 0 to 1. */
  share: number;
  /** Of reading the log; null before it has begun. */
  eventsPerSecond: number | null;
  /** Estimated from the share done; null where there is nothing to estimate it by. */
  secondsLeft: number | null;
  comparison: Comparison | null;
  error: string | null;
  created: string;
  finished: string | null;
}

const TIME = sql.lit('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

/** Rebuilds, the newest first; the one with the id, or those before it. */
export async function readRebuilds(
  { db, schema }: LogStore,
  { id, before, limit }: { id?: number; before?: number; limit: number },
): Promise<Rebuild[]> {
  const elapsed = sql`extract(epoch from coalesce(r.finished, clock_timestamp()) - r.begun)`;
  const { rows } = await sql<Rebuild>`
    select r.id, r.reason, r.projections, r.until, r.left_out as "leftOut", r.dry_run as "dryRun", r.state, r.phase, r.attempt,
           r.sequence, r.total, round(r.share::numeric, 3)::float as share,
           case when r.sequence > r.first_sequence
                then round((r.sequence - r.first_sequence)
                           / greatest(extract(epoch from coalesce(r.loaded, r.finished, clock_timestamp()) - r.begun), 0.001))::float
            end as "eventsPerSecond",
           case when r.state <> all(${UNDERWAY}::text[]) then 0
                when r.share > 0.01 then round((${elapsed} * (1 - r.share) / r.share)::numeric, 1)::float end as "secondsLeft",
           r.comparison, r.error,
           to_char(r.created at time zone 'UTC', ${TIME}) as created, to_char(r.finished at time zone 'UTC', ${TIME}) as finished
      from ${sql.id(schema, 'rebuild')} r
     where (${id ?? null}::bigint is null or r.id = ${id ?? null}) and (${before ?? null}::bigint is null or r.id < ${before ?? null})
     order by r.id desc limit ${limit}`.execute(db);
  return rows;
}

export async function readRebuild(log: LogStore, id: number): Promise<Rebuild | null> {
  const [found = null] = await readRebuilds(log, { id, limit: 1 });
  return found;
}

/** The states in which somebody works on it, or will. */
export const UNDERWAY: RebuildState[] = ['running', 'switching_back'];

export function isUnderway({ state }: Pick<Rebuild, 'state'>): boolean {
  return UNDERWAY.includes(state);
}
