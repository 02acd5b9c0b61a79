// The hashes of a log, worked out anew from its rows alone: nothing here comes from the code that wrote them.
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';

interface Row {
  sequence: number;
  id: string;
  stream: string;
  version: number;
  type: string;
  type_version: number;
  corrects: string | null;
  occurred: string;
  content: object;
  content_hash: Buffer;
  recorded: string;
  recorded_by: string;
  hash: Buffer;
}

const GENESIS: Buffer = Buffer.alloc(32);

/** Lower-case hexadecimal SHA-256 of an event as it was sent, in canonical JSON. */
export function contentHashOf(event: object): string {
  return createHash('sha256').update(canonical(event)).digest('hex');
}

/** RFC 8785: fields in the order of their UTF-16 code units, no white space; texts and numbers as ECMAScript writes them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}

/** The hash of a row that follows on another: SHA-256 of the hash before, the content hash and the place in the log. */
export function chainHashOf(row: Omit<Row, 'hash'>, before: Buffer): Buffer {
  const recorded = new Date(row.recorded).toISOString();
  const { sequence, stream, version, type_version, corrects, recorded_by } = row;
  const place = [sequence, stream, version, type_version, corrects ?? '', recorded, recorded_by].join('\n');
  return createHash('sha256').update(before).update(row.content_hash).update(place).digest();
}

export async function rowsOf(db: Kysely<any>, schema = 'log'): Promise<Row[]> {
  return (await sql<Row>`select * from ${sql.id(schema, 'event')} order by sequence`.execute(db)).rows;
}

/** What is wrong with a log, one line each; nothing where it is whole. */
export async function faultsOf(db: Kysely<any>, schema = 'log'): Promise<string[]> {
  const faults: string[] = [];
  const versions = new Map<string, number>();
  let before: Pick<Row, 'sequence' | 'hash' | 'recorded'> = { sequence: 0, hash: GENESIS, recorded: '1970-01-01' };
  const rows = await rowsOf(db, schema);
  for (const row of rows) {
    const { sequence, id, type, occurred, content, stream, version } = row;
    const redaction = rows.find((other) => JSON.stringify(content) === JSON.stringify({ redacted: other.sequence }));
    const isRedacted =
      redaction?.type === 'EventRedacted' &&
      (redaction.content as { data: { event?: string } }).data.event === id &&
      redaction.sequence > sequence;
    if (sequence !== before.sequence + 1) faults.push(`${before.sequence} is followed by ${sequence}`);
    if (Date.parse(row.recorded) < Date.parse(before.recorded))
      faults.push(`${sequence} was recorded before ${before.sequence}`);
    if (version !== (versions.get(stream) ?? 0) + 1) faults.push(`${sequence} has a version out of order`);
    if (!isRedacted && contentHashOf({ id, type, occurred, ...content }) !== row.content_hash.toString('hex'))
      faults.push(`${sequence} says something else than was sent`);
    if (!chainHashOf(row, before.hash).equals(row.hash)) faults.push(`${sequence} does not follow on what is before`);
    versions.set(stream, version);
    before = row;
  }
  const keys = await sql<Row>`select * from ${sql.id(schema, 'event_key')} order by sequence`.execute(db);
  const identity = ({ sequence, id, stream, version }: Row) => [sequence, id, stream, version].join(' ');
  if (keys.rows.map(identity).join() !== rows.map(identity).join()) faults.push('event_key is not what event is');
  return faults;
}
