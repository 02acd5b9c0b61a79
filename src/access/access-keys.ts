// The API keys of a log: made, listed, revoked.
import { sql, type RawBuilder } from 'kysely';
import { issueStream } from '../domain/known-from-streams.ts';
import { RECORDED_FORMAT } from '../events/event-row.ts';
import type { LogStore } from '../events/log-database.ts';
import { digestOf, writeKey } from './key-text.ts';
import type { Role } from './role.ts';

/** A key as anybody may see it. */
export interface AccessKey {
  id: number;
  name: string;
  role: Role;
  issues: string[] | null;
  created: string;
  createdBy: string;
  expires: string | null;
  revoked: string | null;
  revokedBy: string | null;
}

export interface NewKey {
  name: string;
  role: Role;
  issues: string[] | null;
  /** RFC 3339. */
  expires: string | null;
  createdBy: string;
}

/** A key that can be used, if it has not expired. */
export interface UsableKey {
  id: number;
  role: Role;
  issues: string[] | null;
  digest: Buffer;
  /** Milliseconds since 1970. */
  expires: number;
}

const columns = sql<AccessKey>`
  id, name, role, issues, ${time(sql.ref('created'))} as created, created_by as "createdBy",
  ${time(sql.ref('expires'))} as expires, ${time(sql.ref('revoked'))} as revoked, revoked_by as "revokedBy"`;

function time(column: RawBuilder<unknown>) {
  return sql`to_char(${column} at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)})`;
}

/** Makes a key. Its text is in this answer and nowhere else. */
export async function createKey(
  { db, schema }: LogStore,
  { name, role, issues, expires, createdBy }: NewKey,
): Promise<{ key: AccessKey; text: string }> {
  const table = sql.id(schema, 'access_key');
  const { rows: numbers } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence(${`${schema}.access_key`}, 'id')) as id`.execute(db);
  const { id } = numbers[0]!;
  const text = writeKey(id);
  const { rows } = await sql<AccessKey>`
    insert into ${table} (id, name, role, issues, digest, created_by, expires) overriding system value
    values (${id}, ${name}, ${role}, ${issues}, ${digestOf(text)}, ${createdBy}, ${expires})
    returning ${columns}`.execute(db);
  return { key: rows[0]!, text };
}

/** The newest first, also those that are good no more; before that id. */
export async function readKeys(
  { db, schema }: LogStore,
  { before, limit }: { before: number | null; limit: number },
): Promise<AccessKey[]> {
  const { rows } = await sql<AccessKey>`
    select ${columns} from ${sql.id(schema, 'access_key')}
     where ${before}::bigint is null or id < ${before} order by id desc limit ${limit}`.execute(db);
  return rows;
}

/** The key as it is then; undefined where there is none. Who revoked it first, and when, stays. */
export async function revokeKey({ db, schema }: LogStore, id: number, by: string): Promise<AccessKey | undefined> {
  const { rows } = await sql<AccessKey>`
    update ${sql.id(schema, 'access_key')}
       set revoked_by = case when revoked is null then ${by} else revoked_by end, revoked = coalesce(revoked, clock_timestamp())
     where id = ${id} returning ${columns}`.execute(db);
  return rows[0];
}

/** Whether there has ever been a key, and those that are not revoked. */
export async function readUsableKeys({ db, schema }: LogStore): Promise<{ hasAny: boolean; keys: UsableKey[] }> {
  const table = sql.id(schema, 'access_key');
  const { rows } = await sql<UsableKey & { seconds: number | null }>`
    select id, role, issues, digest, extract(epoch from expires)::float8 as seconds from ${table} where revoked is null`.execute(
    db,
  );
  const keys = rows.map(({ seconds, ...key }) => ({ ...key, expires: seconds === null ? Infinity : seconds * 1_000 }));
  if (keys.length > 0) return { hasAny: true, keys };
  const { rows: any } = await sql<{ found: boolean }>`select exists (select from ${table}) as found`.execute(db);
  return { hasAny: any[0]!.found, keys };
}

/** Which of these slugs no issue has. */
export async function unknownIssues({ db, schema }: LogStore, issues: readonly string[]): Promise<string[]> {
  if (issues.length === 0) return [];
  const { rows } = await sql<{ stream: string }>`
    select stream from ${sql.id(schema, 'event_key')} where version = 1 and stream = any(${issues.map(issueStream)})`.execute(
    db,
  );
  return issues.filter((issue) => !rows.some(({ stream }) => stream === issueStream(issue)));
}
