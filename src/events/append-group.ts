// Hands one group of events to the database in a single call, and finds out what became of it when the connection was lost.
import { sql, type RawBuilder } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
import { prepared } from '../database/preparing-client.ts';
import { RECORDED_FORMAT } from './event-row.ts';
import { isConnectionLoss, LogUnavailable } from './log-unavailable.ts';
import type { LogStore } from './log-database.ts';

/** An event ready to be appended, its content already written out and hashed. */
export interface AppendItem {
  id: string;
  stream: string;
  type: string;
  typeVersion: number;
  corrects: string | null;
  occurred: string;
  /** JSON text. */
  content: string;
  contentHash: string;
  recordedBy: string;
  expected: number | null;
  /** The place of the request it came with among those of the group; without one it stands for itself. */
  request?: number;
  guards: string[];
  needs: number[];
}

export interface AppendResult {
  item: number;
  outcome: 'recorded' | 'duplicate' | 'id_reused' | 'version_conflict' | 'stale' | 'not_recorded';
  sequence: number | null;
  stream: string;
  version: number;
  recorded: string | null;
  recorded_by: string | null;
  hash: string | null;
}

const ATTEMPTS = 6;

/**
 * Appends the group; one result an item, in order. Where a connection is lost, nobody knows whether the group was
 * committed: it is sent again with the same ids, and what is found to be recorded already was recorded by the
 * first attempt. Throws {@link LogUnavailable} when the database stays away.
 */
export async function appendGroup(
  log: LogStore,
  items: AppendItem[],
  known: number,
  atomic: boolean,
): Promise<AppendResult[]> {
  const call = callOf(log, items, known, atomic);
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows: results } = await call.execute(log.db);
      return attempt === 1 ? results : results.map((result) => asFirstResult(result, known));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      if (attempt === ATTEMPTS) throw new LogUnavailable(error);
      await pause(2 ** attempt * 25);
    }
  }
}

/** What the function takes is an array each, one place an item. */
function callOf({ schema }: LogStore, items: AppendItem[], known: number, atomic: boolean): RawBuilder<AppendResult> {
  const all = <T>(of: (item: AppendItem) => T) => items.map(of);
  const [guarded, guards] = pairs(items, ({ guards: streams }) => streams);
  const [needing, needed] = pairs(items, ({ needs }) => needs.map((place) => place + 1));
  return sql<AppendResult>`${prepared}
    select item, outcome, sequence, stream, version, recorded_by, hash,
           to_char(recorded at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)}) as recorded
      from ${sql.id(schema, 'append')}(
             ids => ${all(({ id }) => id)}, streams => ${all(({ stream }) => stream)}, types => ${all(({ type }) => type)},
             type_versions => ${all(({ typeVersion }) => typeVersion)}, corrections => ${all(({ corrects }) => corrects)},
             occurrences => ${all(({ occurred }) => occurred)}, contents => ${`[${all(({ content }) => content).join()}]`},
             content_hashes => ${all(({ contentHash }) => `\\x${contentHash}`)}, recorders => ${all(({ recordedBy }) => recordedBy)},
             expected => ${all(({ expected }) => expected)}, requests => ${all(({ request }) => request ?? null)},
             guarded => ${guarded}, guards => ${guards}, needing => ${needing}, needed => ${needed},
             known => ${known}, atomic => ${atomic})`;
}

/** The items by their number, from 1, beside each of what they name. */
function pairs<T>(items: AppendItem[], named: (item: AppendItem) => T[]): [numbers: number[], named: T[]] {
  const all = items.flatMap((item, place) => named(item).map((one) => [place + 1, one] as const));
  return [all.map(([number]) => number), all.map(([, one]) => one)];
}

/** What the log held before the group was judged is a duplicate at every attempt. */
function asFirstResult(result: AppendResult, known: number): AppendResult {
  return result.outcome === 'duplicate' && result.sequence! > known ? { ...result, outcome: 'recorded' } : result;
}
