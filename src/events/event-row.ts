// From a row of the log to a recorded event. Every way out of the log comes through here, so every reader gets today's version.
import { sql, type RawBuilder } from 'kysely';
import type { RecordedEvent } from '../domain/event.ts';
import { upcast } from '../domain/upcast.ts';
import type { EventTable } from './log-database.ts';

/** The row as {@link eventColumns} selects it: times as RFC 3339, the hash in hexadecimal. */
export type EventRow = Omit<EventTable, 'hash' | 'content_hash'> & { hash: string };

/** RFC 3339 in UTC to the millisecond, whatever time zone the connection is set to. */
export const RECORDED_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** The columns of `event e` that make an {@link EventRow}, with the whole content or some of it. */
export const eventColumnsWith = (content: RawBuilder<unknown>) => sql<EventRow>`
  e.sequence, e.id, e.stream, e.version, e.type, e.type_version, e.corrects, e.occurred, ${content} as content,
  to_char(e.recorded at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)}) as recorded, e.recorded_by, encode(e.hash, 'hex') as hash`;

export const eventColumns = eventColumnsWith(sql`e.content`);

/** Throws NewerThanThisCode where a newer version of Demarche wrote the event. */
export function eventFromRow(row: EventRow): RecordedEvent {
  const { data = {}, ...parts } = row.content;
  return {
    ...parts,
    id: row.id,
    type: row.type,
    occurred: row.occurred,
    data: 'redacted' in parts ? data : upcastCorrection(upcast(row.type, row.type_version, data), row.corrects),
    sequence: row.sequence,
    stream: row.stream,
    version: row.version,
    recorded: row.recorded,
    recordedBy: row.recorded_by,
    hash: row.hash,
  };
}

/** A correction holds data of another type, written in the version that type had then. */
function upcastCorrection(data: Record<string, unknown>, corrects: string | null): Record<string, unknown> {
  const replacement = data['replacement'] as Record<string, unknown> | undefined;
  if (corrects === null || replacement?.['data'] === undefined) return data;
  const [type, version] = corrects.split('@') as [string, string];
  const current = upcast(type, Number(version), replacement['data'] as Record<string, unknown>);
  return { ...data, replacement: { ...replacement, data: current } };
}
