// A log of one size in a database of its own, with its read models and the application that answers from them.
import { sql } from 'kysely';
import { connect } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { readHead } from '../../src/events/read-log.ts';
import { Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import { buildApp } from '../../src/http/app.ts';
import { catchUp } from '../../src/projections/catch-up.ts';
import { projections } from '../../src/projections/every-projection.ts';
import { prepare } from '../../src/projections/prepare.ts';
import { Projector } from '../../src/projections/projector.ts';
import { generateEvents } from '../generate-events.ts';

/** What fills a group of the recorder. */
const GROUP = 500;

const QUIET = { info() {}, warn: console.warn, error: console.error };

export interface Answered {
  ms: number;
  bytes: number;
}

export interface SizedLog {
  size: number;
  /** Events a second: of loading, and of each read model in catching up. */
  rates: Map<string, number>;
  /** How long the answer takes, and its length. */
  ask(path: string): Promise<Answered>;
  close(): Promise<void>;
}

/** Loads and catches up what is missing, and tells how far it is. */
export async function openSizedLog(
  server: string,
  seed: number,
  size: number,
  tell: (line: string) => void,
): Promise<SizedLog> {
  const db = connect<LogDatabase>(await databaseFor(server, size), { max: 10 });
  await migrate(db);
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const rates = new Map<string, number>();
  const recorder = new Recorder({ log, registry });
  rates.set('recorded', await rateOf((done) => load({ log, recorder, seed, size }, done), 'recording', size, tell));
  for (const projection of projections) {
    await prepare(log, projection);
    const { name } = projection;
    rates.set(name, await rateOf((done) => catchUp(log, projection, done), name, size, tell));
  }
  // What the autovacuum of a server that is up for longer has done.
  await sql`vacuum analyze`.execute(db);
  const projector = new Projector({ log, projections, logger: QUIET });
  await projector.start();
  const app = await buildApp({ log, recorder, registry, projector });
  return {
    size,
    rates,
    async ask(url) {
      const started = performance.now();
      const response = await app.inject({ url });
      const ms = performance.now() - started;
      if (response.statusCode === 200) return { ms, bytes: response.rawPayload.length };
      throw new Error(`${url} was answered with ${response.statusCode}: ${response.body}`);
    },
    async close() {
      await app.close();
      await projector.stop();
      await db.destroy();
    },
  };
}

async function databaseFor(server: string, size: number): Promise<string> {
  const name = `scale_${size}`;
  const admin = connect(server, { max: 1 });
  const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(admin);
  if (rows.length === 0) await sql`create database ${sql.id(name)}`.execute(admin);
  await admin.destroy();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
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

/** The events a second of a work that tells how far it has come; NaN where nothing was left to do. */
async function rateOf(
  work: (done: (sequence: number) => void) => Promise<unknown>,
  name: string,
  size: number,
  tell: (line: string) => void,
): Promise<number> {
  const started = performance.now();
  let first: number | undefined;
  let last = 0;
  await work((sequence) => {
    first ??= sequence;
    last = sequence;
    const seconds = (performance.now() - started) / 1000;
    tell(`${size} events, ${name}: ${sequence} (${((sequence - first) / seconds).toFixed(0)}/s)`);
  });
  return last === first ? NaN : (last - first!) / ((performance.now() - started) / 1000);
}
