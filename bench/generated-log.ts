// A generated log of one size in a database of its own: loaded as far as it is not there yet.
import type { Pool } from 'pg';
import { connect, openPool } from '../src/database/connect.ts';
import { migrate } from '../src/database/migrate.ts';
import type { NewEvent } from '../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../src/events/log-database.ts';
import { readHead } from '../src/events/read-log.ts';
import { Recorder } from '../src/events/recorder.ts';
import { RegistryMemory } from '../src/events/registry-memory.ts';
import { databaseNamed } from './database-named.ts';
import { generateEvents } from './generate-events.ts';

/** What fills a group of the recorder. */
const GROUP = 500;

export interface GeneratedLog {
  url: string;
  log: LogStore;
  pool: Pool;
  registry: RegistryMemory;
  recorder: Recorder;
  /** Events recorded a second; NaN where none was missing. */
  rate: number;
  close: () => Promise<void>;
}

/** Tells now and then up to which sequence it is recorded. */
export async function openGeneratedLog(
  server: string,
  seed: number,
  size: number,
  tell: (sequence: number) => void,
): Promise<GeneratedLog> {
  const url = await databaseNamed(server, `scale_${size}`);
  const db = connect<LogDatabase>(url, { max: 10 });
  const pool = openPool(url, { max: 4 });
  await migrate(db);
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const recorder = new Recorder({ log, registry });
  const { sequence: before } = await readHead(log);
  const started = performance.now();
  await load({ log, recorder, seed, size }, tell);
  const seconds = (performance.now() - started) / 1000;
  return {
    url,
    log,
    pool,
    registry,
    recorder,
    rate: before >= size ? NaN : (size - before) / seconds,
    async close() {
      await pool.end();
      await db.destroy();
    },
  };
}

interface Loading {
  log: LogStore;
  recorder: Recorder;
  seed: number;
  size: number;
}

/** Records the events that the log does not hold yet: the n-th event has the sequence n. */
async function load({ log, recorder, seed, size }: Loading, done: (sequence: number) => void): Promise<void> {
  let { sequence } = await readHead(log);
  done(sequence);
  let group: NewEvent[] = [];
  let index = 0;
  for (const event of generateEvents({ seed, count: size })) {
    if (++index > sequence + group.length) group.push(event);
    if (group.length < GROUP && index < size) continue;
    if (group.length === 0) continue;
    const outcomes = await recorder.record(group.map((event) => ({ event, recordedBy: 'bench' })));
    const failed = outcomes.find(({ status }) => status !== 'recorded');
    if (failed) throw new Error(`An event was not recorded: ${JSON.stringify(failed)}`);
    sequence += group.length;
    group = [];
    done(sequence);
  }
}
