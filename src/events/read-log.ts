// Reads the log: its head, pages in order, single events, whole streams.
import { sql, type RawBuilder } from 'kysely';
import { prepared } from '../database/preparing-client.ts';
import type { RecordedEvent } from '../domain/event.ts';
import { eventTypes } from '../domain/vocabulary.ts';
import { eventColumns, eventColumnsWith, eventFromRow, type EventRow } from './event-row.ts';
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

/**
 * The events that follow `sequence`, in order: at most so many, and of about so many bytes as they are stored, but one at least
 * where there is one.
 */
export async function readPage(
  log: LogStore,
  sequence: number,
  { events, bytes }: { events: number; bytes: number },
): Promise<RecordedEvent[]> {
  const found = await sql<EventRow>`
    select ${eventColumns}
      from (select p.*, sum(pg_column_size(p.content)) over (order by p.sequence) - pg_column_size(p.content) as before
              from (select * from ${sql.id(log.schema, 'event')}
                     where sequence > ${sequence} order by sequence limit ${events}) p) e
     where e.before < ${bytes}
     order by e.sequence`.execute(log.db);
  return found.rows.map(eventFromRow);
}

/** What a reader needs of events that it needs little of. Of the content, what is not listed is not there. */
export interface Excerpt {
  /** Types of which it needs everything. */
  types: string[];
  /** Other types that it needs where they hold a part: of them these parts, and these fields of the data. */
  others?: { having: string; parts: string[]; data: string[] };
}

/**
 * The events after one sequence and up to another, in order. With an excerpt only those that it speaks of, and of these only what
 * it lists; corrections, retractions and redactions always, and whole.
 */
export async function readRange(
  log: LogStore,
  after: number,
  last: number,
  excerpt?: Excerpt,
): Promise<RecordedEvent[]> {
  const range = sql`where e.sequence > ${after} and e.sequence <= ${last}`;
  if (!excerpt) return (await rows(log, sql`${range} order by e.sequence`)).map(eventFromRow);
  const whole = new Set([...excerpt.types, 'EventCorrected', 'EventRedacted', 'EventRetracted']);
  const unneeded = eventTypes.map(({ type }) => type).filter((type) => !whole.has(type));
  // A type that this code does not know is not passed over: reading it fails.
  const isWhole = sql`e.type <> all(${unneeded}::text[])`;
  const { others } = excerpt;
  const found = await sql<EventRow>`
    select ${others ? eventColumnsWith(excerptOf(others, isWhole)) : eventColumns}
      from ${sql.id(log.schema, 'event')} e
      ${range} and (${isWhole}${others ? sql` or e.content ? ${sql.lit(others.having)}` : sql``})
     order by e.sequence`.execute(log.db);
  return found.rows.map(eventFromRow);
}

/** The content, or only some of it; what was written in a former version is brought up to date from the whole. */
function excerptOf({ parts, data }: NonNullable<Excerpt['others']>, isWhole: RawBuilder<unknown>) {
  const fields = (names: string[], from: string) =>
    sql.join(names.flatMap((name) => [sql`${sql.lit(name)}::text`, sql`${sql.raw(from)} -> ${sql.lit(name)}`]));
  return sql`
    case when ${isWhole} or ${isFormerVersion} then e.content
         else jsonb_strip_nulls(jsonb_build_object(
                ${fields(parts, 'e.content')}, 'data', jsonb_build_object(${fields(data, "e.content -> 'data'")}))) end`;
}

/** For `event e`: its data was written by an earlier version of its type. */
const isFormerVersion = (() => {
  const versions = eventTypes.filter(({ version }) => version > 1);
  const current = versions.map(({ type, version }) => sql`when ${sql.lit(type)} then ${sql.lit(version)}`);
  return current.length === 0 ? sql`false` : sql`e.type_version < case e.type ${sql.join(current, sql` `)} else 1 end`;
})();

/** The events with these sequences, in order. */
export async function readSequences(log: LogStore, sequences: number[]): Promise<RecordedEvent[]> {
  if (sequences.length === 0) return [];
  const found = await sql<EventRow>`${prepared}
    select ${eventColumns} from ${sql.id(log.schema, 'event')} e
     where e.sequence = any(${sequences}::bigint[]) order by e.sequence`.execute(log.db);
  return found.rows.map(eventFromRow);
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

const END_OF_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** The sequence that a text means: itself, or the last one recorded by the end of a day (UTC) or by a moment (RFC 3339). */
export async function sequenceMeant(log: LogStore, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text);
  const moment = Date.parse(text.length === 10 ? `${text}T23:59:59.999Z` : text);
  // PostgreSQL reads neither every offset of RFC 3339 nor every year, and no log is older than Unix time.
  return moment < 0 ? 0 : sequenceAt(log, new Date(Math.min(moment, END_OF_TIME)).toISOString());
}

export async function rows(log: LogStore, rest: ReturnType<typeof sql>): Promise<EventRow[]> {
  const found = await sql<EventRow>`select ${eventColumns} from ${sql.id(log.schema, 'event')} e ${rest}`.execute(
    log.db,
  );
  return found.rows;
}
