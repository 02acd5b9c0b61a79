// Hands one group of events to the database in a single call, and finds out what became of it when the connection was lost.
import { sql } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
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
  const group = `[${items.map(json).join(',')}]`;
  for (let attempt = 1; ; attempt++) {
    try {
      const results = await send(log, group, known, atomic);
      return attempt === 1 ? results : results.map((result) => asFirstResult(result, known));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      if (attempt === ATTEMPTS) throw new LogUnavailable(error);
      await pause(2 ** attempt * 25);
    }
  }
}

async function send({ db, schema }: LogStore, group: string, known: number, atomic: boolean): Promise<AppendResult[]> {
  const { rows } = await sql<AppendResult>`
    select item, outcome, sequence, stream, version, recorded_by, hash,
           to_char(recorded at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)}) as recorded
      from ${sql.id(schema, 'append')}(${group}::json, ${known}::bigint, ${atomic})`.execute(db);
  return rows;
}

/** What the log held before the group was judged is a duplicate at every attempt. */
function asFirstResult(result: AppendResult, known: number): AppendResult {
  return result.outcome === 'duplicate' && result.sequence! > known ? { ...result, outcome: 'recorded' } : result;
}

function json(item: AppendItem): string {
  const { content, typeVersion, contentHash, recordedBy, needs, ...rest } = item;
  const fields = {
    ...rest,
    type_version: typeVersion,
    content_hash: contentHash,
    recorded_by: recordedBy,
    needs: needs.length > 0 ? needs : null,
  };
  // The content is JSON already and is not written a second time.
  return `${JSON.stringify(fields).slice(0, -1)},"content":${content}}`;
}
