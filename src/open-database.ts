// The database of a process: the one that is set, or an embedded one under the data folder, migrated and ready.
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { connect, requirePostgres15 } from './database/connect.ts';
import { startEmbeddedPostgres } from './database/embedded-postgres.ts';
import { listen, type Listener } from './database/listen.ts';
import { migrate } from './database/migrate.ts';
import { DEFAULT_LOG_SCHEMA, type LogDatabase, type LogStore } from './events/log-database.ts';
import type { Settings } from './settings.ts';

/** Connections of a process: this many for reading and projecting, two for appending. */
const READERS = 10;
const WRITERS = 2;

export interface OpenDatabase {
  /** For reading and projecting. */
  log: LogStore;
  /** For appending, on connections of its own, so that no question keeps a record waiting. */
  writer: LogStore;
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
      ? await startEmbeddedPostgres(settings.dataDirectory, { log: (line) => logger.info(line) })
      : undefined;
  const url = settings.databaseUrl ?? embedded!.url;
  const reading = connect<LogDatabase>(url, { max: READERS, log: logger });
  const writing = connect<LogDatabase>(url, {
    max: WRITERS,
    applicationName: 'demarche writer',
    log: logger,
  });
  const listeners: Listener[] = [];
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await Promise.all([reading.destroy(), writing.destroy()]);
    await embedded?.stop();
  };
  try {
    await requirePostgres15(reading);
    const applied = await migrate(reading);
    if (applied.length > 0) logger.info({ applied }, 'Migrated the log');
  } catch (error) {
    await close();
    throw error;
  }
  const place = embedded?.directory ?? withoutPassword(url);
  const onAppended = (wake: () => void) =>
    void listeners.push(listen(url, `demarche_${DEFAULT_LOG_SCHEMA}`, wake, { log: logger }));
  return { onAppended, log: store(reading), writer: store(writing), place, owner: embedded?.owner ?? true, close };
}

function store(db: Kysely<LogDatabase>): LogStore {
  return { db, schema: DEFAULT_LOG_SCHEMA };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
