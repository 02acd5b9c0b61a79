// Reads the log: its head, pages in order, single events, whole streams.
import { sql } from 'kysely';
import type { RecordedEvent } from '../domain/event.ts';
import { eventColumns, eventFromRow, type EventRow } from './event-row.ts';
import type { LogStore } from './log-database.ts';

/** The last event of the log: its sequence and chain hash; sequence 0 while the log is empty. */
export interface Head {
  sequence: number;
  hash: string;
  recorded: string | null;
}

/** The hash before the first event: 32 zero bytes. */
const GENESIS_HASH = '00'.repeat(32);

export async function readHead(log: LogStore): Promise<Head> {
  const [last] = await rows(log, sql`order by e.sequence desc limit 1`);
  return last
    ? { sequence: last.sequence, hash: last.hash, recorded: last.recorded }
    : { sequence: 0, hash: GENESIS_HASH, recorded: null };
}

/** Up to `limit` events that follow `sequence`, in order. The log is dense: fewer than `limit` means its end. */
export async function readAfter(log: LogStore, sequence: number, limit: number): Promise<RecordedEvent[]> {
  const page = await rows(log, sql`where e.sequence > ${sequence} order by e.sequence limit ${limit}`);
  return page.map(eventFromRow);
}

/** The events with these sequences, in order. */
export async function readSequences(log: LogStore, sequences: number[]): Promise<RecordedEvent[]> {
  if (sequences.length === 0) return [];
  const found = await rows(log, sql`where e.sequence = any(${sequences}::bigint[]) order by e.sequence`);
  return found.map(eventFromRow);
}

/** Each of the streams that hold one of these events, whole and in order, by name. */
export async function readStreamsOf(log: LogStore, ids: string[]): Promise<Map<string, RecordedEvent[]>> {
  const streams = new Map<string, RecordedEvent[]>();
  if (ids.length === 0) return streams;
  const key = sql.id(log.schema, 'event_key');
  const found = await rows(
    log,
    sql`join ${key} k on k.sequence = e.sequence
        where k.stream in (select t.stream from ${key} t where t.id = any(${ids}::uuid[]))
        order by e.sequence`,
  );
  for (const event of found.map(eventFromRow)) {
    const stream = streams.get(event.stream);
    if (stream) stream.push(event);
    else streams.set(event.stream, [event]);
  }
  return streams;
}

/** The last sequence recorded at or before a moment (RFC 3339). */
export async function sequenceAt(log: LogStore, moment: string): Promise<number> {
  const found = await sql<{ sequence: number }>`
    select ${sql.id(log.schema, 'sequence_at')}(${moment}::timestamptz) as sequence`.execute(log.db);
  return found.rows[0]!.sequence;
}

export async function rows(log: LogStore, rest: ReturnType<typeof sql>): Promise<EventRow[]> {
  const found = await sql<EventRow>`select ${eventColumns} from ${sql.id(log.schema, 'event')} e ${rest}`.execute(
    log.db,
  );
  return found.rows;
}
