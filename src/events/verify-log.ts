// Verifies the log from its rows: walks it in pages from a head that is trusted, works every hash out anew, and names the first
// sequence that does not hold. Memory stays flat, and whoever is told a head goes on from there.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { APART, asSent } from './written-out.ts';
import type { LogStore } from './log-database.ts';

const PAGE = { events: 1_000, bytes: 4_194_304 };
/** The hash before the first event. */
const GENESIS_HASH = '00'.repeat(32);

/** A head that was exported, or told by an earlier verification. */
export interface TrustedHead {
  sequence: number;
  /** The chain hash, in hexadecimal. */
  hash: string;
}

/** Before the first event there is nothing that must be trusted. */
export const BEGINNING: TrustedHead = { sequence: 0, hash: GENESIS_HASH };

/** What can be wrong with an event. */
export const CHECKS = {
  head: 'Its chain hash is not the trusted one.',
  sequence: 'There is no event of this sequence.',
  key: 'Its row in event_key is missing, or says something else about id, stream, version or sequence.',
  version: 'The version before it in its stream is not the one recorded last before it.',
  recorded: 'It was recorded before the event before it, or at a time that is no whole millisecond.',
  content: 'Id, type, date or content are not those that were sent: they do not have the content hash.',
  redaction: 'It was emptied, and no EventRedacted says so.',
  chain: 'Its chain hash does not follow from the event before, the content hash and its place in the log.',
} as const;
export type Check = keyof typeof CHECKS;

/** The first sequence that does not hold, and all that does not hold there. */
export interface Fault {
  sequence: number;
  checks: Check[];
}

export interface Verified {
  /** The last event that holds; a later verification can go on from it. */
  verified: TrustedHead;
  /** Where the log ended. */
  head: number;
  fault: Fault | null;
}

interface Row {
  sequence: number;
  id: string;
  stream: string;
  version: number;
  type: string;
  type_version: number;
  corrects: string | null;
  occurred: string;
  content: Record<string, unknown>;
  content_hash: string;
  /** To the microsecond. */
  recorded: string;
  recorded_by: string;
  hash: string;
  has_key: boolean;
  follows_version: boolean;
  is_redacted: boolean;
}

/**
 * Verifies up to `limit` events after a trusted head. What comes before the head is taken as it is: begin at the beginning to
 * verify everything. Once the end is reached, rows of event_key without an event are looked for as well.
 */
export async function verifyLog(log: LogStore, trusted: TrustedHead, limit: number): Promise<Verified> {
  const { sequence: end, recorded: lastRecorded, hash } = await readPlace(log, trusted.sequence);
  if (trusted.sequence > end)
    return { verified: BEGINNING, head: end, fault: { sequence: end + 1, checks: ['sequence'] } };
  if (hash !== trusted.hash)
    return { verified: BEGINNING, head: end, fault: { sequence: trusted.sequence, checks: ['head'] } };
  let verified = trusted;
  let recorded = lastRecorded;
  const last = Math.min(end, trusted.sequence + limit);
  while (verified.sequence < last) {
    const rows = await readRows(log, verified.sequence, Math.min(last, verified.sequence + PAGE.events));
    if (rows.length === 0)
      return { verified, head: end, fault: { sequence: verified.sequence + 1, checks: ['sequence'] } };
    for (const row of rows) {
      const checks = failedChecks(row, verified, recorded);
      const fault = { sequence: Math.min(row.sequence, verified.sequence + 1), checks };
      if (checks.length > 0) return { verified, head: end, fault };
      verified = { sequence: row.sequence, hash: row.hash };
      recorded = row.recorded;
    }
  }
  const stray = verified.sequence === end ? await findStrayKey(log) : undefined;
  return { verified, head: end, fault: stray === undefined ? null : { sequence: stray, checks: ['key'] } };
}

function failedChecks(row: Row, before: TrustedHead, recorded: string): Check[] {
  // All that follows is another event's.
  if (row.sequence !== before.sequence + 1) return ['sequence'];
  const isHeld: [Check, boolean][] = [
    ['key', row.has_key],
    ['version', row.follows_version],
    ['recorded', row.recorded >= recorded && row.recorded.endsWith('000Z')],
    isMarker(row.content) ? ['redaction', row.is_redacted] : ['content', holdsContent(row)],
    ['chain', chainHashOf(row, before.hash) === row.hash],
  ];
  return isHeld.flatMap(([check, holds]) => (holds ? [] : [check]));
}

function isMarker(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'redacted' in content;
}

function holdsContent({ id, type, occurred, content, content_hash: expected }: Row): boolean {
  // What columns say stands in them alone, or the content could say it otherwise.
  if (typeof content !== 'object' || content === null || APART.some((name) => Object.hasOwn(content, name)))
    return false;
  try {
    return (
      createHash('sha256')
        .update(asSent({ ...content, id, type, occurred }))
        .digest('hex') === expected
    );
  } catch {
    // Nothing that can be written as JSON was hashed when it was recorded.
    return false;
  }
}

function chainHashOf(row: Row, before: string): string {
  const { sequence, stream, version, type_version, corrects, recorded, recorded_by } = row;
  const moment = recorded.replace('000Z', 'Z');
  const place = [sequence, stream, version, type_version, corrects ?? '', moment, recorded_by].join('\n');
  return createHash('sha256').update(before, 'hex').update(row.content_hash, 'hex').update(place).digest('hex');
}

/** Where the log ends, and the hash and the time at a sequence of it. */
async function readPlace({ db, schema }: LogStore, sequence: number) {
  const event = sql.id(schema, 'event');
  const { rows } = await sql<{ sequence: number; recorded: string | null; hash: string | null }>`
    select (select coalesce(max(sequence), 0) from ${event}) as sequence, ${TIME} as recorded, encode(e.hash, 'hex') as hash
      from (select) one left join ${event} e on e.sequence = ${sequence}`.execute(db);
  const [place] = rows;
  return {
    sequence: place!.sequence,
    recorded: place!.recorded ?? '',
    hash: sequence === 0 ? GENESIS_HASH : place!.hash,
  };
}

/** Null for a time before our era, which reads like one of it. */
const TIME = sql`case when e.recorded >= '0001-01-01 00:00+00' then to_char(e.recorded at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end`;

/** The rows after one sequence and up to another, as many as make a page; each compared with what else the database says of it. */
async function readRows({ db, schema }: LogStore, after: number, last: number): Promise<Row[]> {
  const event = sql.id(schema, 'event');
  const key = sql.id(schema, 'event_key');
  const { rows } = await sql<Row>`
    select e.sequence, e.id, e.stream, e.version, e.type, e.type_version, e.corrects, e.occurred, e.content, e.recorded_by,
           encode(e.content_hash, 'hex') as content_hash, encode(e.hash, 'hex') as hash, coalesce(${TIME}, '') as recorded,
           (k.sequence, k.stream, k.version) is not distinct from (e.sequence, e.stream, e.version) as has_key,
           e.version = 1 or coalesce(f.sequence < e.sequence, false) as follows_version,
           coalesce(e.content = jsonb_build_object('redacted', r.sequence), false) as is_redacted
      from (select p.*, sum(pg_column_size(p.content)) over (order by p.sequence) - pg_column_size(p.content) as before
              from ${event} p where p.sequence > ${after} and p.sequence <= ${last}) e
      left join ${key} k on k.id = e.id
      left join ${key} f on f.stream = e.stream and f.version = e.version - 1
      left join ${event} r on r.sequence = case when e.content ->> 'redacted' ~ '^[0-9]{1,18}$' then (e.content ->> 'redacted')::bigint end
                          and r.type = 'EventRedacted' and r.sequence > e.sequence and r.content #>> '{data,event}' = e.id::text
     where e.before < ${PAGE.bytes}
     order by e.sequence`.execute(db);
  return rows;
}

/** The sequence of a key that has no event; each event's own key was looked at with the event, so there is one only if there are more. */
async function findStrayKey({ db, schema }: LogStore): Promise<number | undefined> {
  const event = sql.id(schema, 'event');
  const key = sql.id(schema, 'event_key');
  const { rows } = await sql<{ sequence: number }>`
    select k.sequence from ${key} k
     where (select count(*) from ${key}) <> (select count(*) from ${event})
       and not exists (select from ${event} e where e.sequence = k.sequence and e.id = k.id)
     order by k.sequence limit 1`.execute(db);
  return rows[0]?.sequence;
}
