// The database of a process: the one that is set, or an embedded one under the data folder, migrated and ready.
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Pool } from 'pg';
import { connect, openPool, requirePostgres15, requireSession, type ConnectOptions } from './database/connect.ts';
import { startEmbeddedPostgres } from './database/embedded-postgres.ts';
import { listen, type Listener } from './database/listen.ts';
import { migrate } from './database/migrate.ts';
import { DEFAULT_LOG_SCHEMA, type LogDatabase, type LogStore } from './events/log-database.ts';
import { isConnectionLoss } from './events/log-unavailable.ts';
import type { Settings } from './settings.ts';

/** Connections of a process: so many for reading and projecting, for appending, for building and for access; and one that listens. */
const READERS = 10;
const WRITERS = 2;
const BUILDERS = 4;
const ACCESS = 1;

export interface OpenDatabase {
  /** For reading and projecting. */
  log: LogStore;
  /** For appending, on connections of its own, so that no question keeps a record waiting. */
  writer: LogStore;
  /** For reading who may do what: no question keeps that waiting. */
  access: LogStore;
  /** For building read models, on connections of its own. */
  builders: Pool;
  /** Calls back when any node has appended. */
  onAppended: (wake: () => void) => void;
  /** Where the data are, for people. */
  place: string;
  /** Whether this process started or took over the embedded database, or none is embedded. */
  owner: boolean;
  close: () => Promise<void>;
}

export async function openDatabase(settings: Settings, logger: Logger): Promise<OpenDatabase> {
  const embedded =
    settings.databaseUrl === undefined
      ? await startEmbeddedPostgres(settings.dataDirectory, {
          keepRunning: true,
          log: (line) => logger.info(line),
          warn: (line) => logger.warn(line),
        })
      : undefined;
  const url = settings.databaseUrl ?? embedded!.url;
  const place = embedded?.directory ?? withoutPassword(url);
  let closing = false;
  // Connections that end because we end them are no news.
  const log: ConnectOptions['log'] = { warn: (details, message) => !closing && logger.warn(details, message) };
  const reading = connect<LogDatabase>(url, { max: READERS, log });
  const writing = connect<LogDatabase>(url, { max: WRITERS, applicationName: 'demarche writer', log });
  const access = connect<LogDatabase>(url, { max: ACCESS, applicationName: 'demarche access', log });
  const builders = openPool(url, { max: BUILDERS, applicationName: 'demarche builder', log });
  const listeners: Listener[] = [];
  const close = async () => {
    closing = true;
    await Promise.all(listeners.map((listener) => listener.stop()));
    await Promise.all([reading.destroy(), writing.destroy(), access.destroy(), builders.end()]);
    await embedded?.stop();
  };
  try {
    await requirePostgres15(reading);
    await requireSession(reading);
    const applied = await migrate(reading);
    if (applied.length > 0) logger.info({ applied }, 'Migrated the log');
  } catch (error) {
    await close();
    throw isConnectionLoss(error) ? unreachable(place, error) : error;
  }
  const onAppended = (wake: () => void) =>
    void listeners.push(listen(settings.directDatabaseUrl ?? url, `demarche_${DEFAULT_LOG_SCHEMA}`, wake, { log }));
  return {
    onAppended,
    log: store(reading),
    writer: store(writing),
    access: store(access),
    builders,
    place,
    owner: embedded?.owner ?? true,
    close,
  };
}

function store(db: Kysely<LogDatabase>): LogStore {
  return { db, schema: DEFAULT_LOG_SCHEMA };
}

function unreachable(place: string, cause: unknown): Error {
  const { message, code } = cause as NodeJS.ErrnoException;
  const detail = `The database ${place} cannot be reached (${message || code}).`;
  return new Error(`${detail} Start it, or set DATABASE_URL to one that runs.`, { cause });
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  // Parameters may hold one too.
  shown.search = '';
  return shown.href;
}
