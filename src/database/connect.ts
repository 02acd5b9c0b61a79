// Opens a database: one pool of connections, mostly with a Kysely around it. A connection lost while idle is logged and replaced.
import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { columnParsers } from './column-parsers.ts';
import { PreparingClient } from './preparing-client.ts';

const OLDEST = 15;

const SESSION = [
  // Times arrive as text, so the text must not depend on how the server happens to be set up.
  'TimeZone=UTC',
  'DateStyle=ISO',
  'IntervalStyle=iso_8601',
  // Pages of an index are read from memory or flash, not from a turning disk; and compiling a query takes longer than answering it.
  'random_page_cost=1.1',
  'jit=off',
];

export type ConnectOptions = {
  /** Connections at most; what waits longer than ten seconds for one fails. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  log?: { warn(details: object, message: string): void };
  /** Told of every query as it is sent. */
  onQuery?: (query: CompiledQuery) => void;
};

export function connect<Database = any>(url: string, options: ConnectOptions = {}): Kysely<Database> {
  const { onQuery } = options;
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool: openPool(url, options) }),
    ...(onQuery && { log: ({ query }) => onQuery(query) }),
  });
}

/** The connections alone, for what cannot be said in queries: COPY. */
export function openPool(url: string, options: Omit<ConnectOptions, 'onQuery'> = {}): Pool {
  const pool = new Pool({
    Client: PreparingClient,
    connectionString: url,
    application_name: options.applicationName ?? 'demarche',
    max: options.max ?? 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 600,
    keepAlive: true,
    types: columnParsers,
    options: SESSION.map((setting) => `-c ${setting}`).join(' '),
  });
  // Without a listener the loss of an idle connection would end the process.
  // Not the error itself, to which the pool has tied the whole client.
  pool.on('error', ({ message, code }: Error & { code?: string }) =>
    options.log?.warn({ err: { message, code } }, 'An idle database connection was lost'),
  );
  // The pool listens only to idle connections: the loss of one in use fails what was asked on it, and must not end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Throws where a proxy has dropped what a connection is opened with: days would be misread. */
export async function requireSession(db: Kysely<any>): Promise<void> {
  const { rows } = await sql<{ zone: string; dates: string }>`
    select current_setting('TimeZone') as zone, current_setting('DateStyle') as dates`.execute(db);
  const { zone, dates } = rows[0]!;
  if (zone === 'UTC' && dates.startsWith('ISO')) return;
  throw new Error(
    `The database answers in TimeZone ${zone} and DateStyle ${dates}, although it was asked for UTC and ISO: a proxy between drops ` +
      'what connections ask for. Set them on the database itself (alter database … set …), then restart the proxy.',
  );
}

export async function requirePostgres15(db: Kysely<any>): Promise<void> {
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
  const version = rows[0]?.server_version ?? 'of no known version';
  if (Number.parseInt(version, 10) >= OLDEST) return;
  throw new Error(
    `The database server is PostgreSQL ${version}, and Demarche needs ${OLDEST} or newer. ` +
      'Upgrade the server, or set DATABASE_URL to a newer one.',
  );
}
