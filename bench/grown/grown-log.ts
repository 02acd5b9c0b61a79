// A log of so many statements with the read model of positions, and beside it a bare table of as many rows.
import { sql } from 'kysely';
import { v7 } from 'uuid';
import { connect, openPool } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { readHead } from '../../src/events/read-log.ts';
import { MAX_SUBMISSIONS, Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import { Access } from '../../src/access/access.ts';
import { buildApp } from '../../src/http/app.ts';
import { EventFeed } from '../../src/http/event-feed.ts';
import { Projector } from '../../src/projections/projector.ts';
import { positions } from '../../src/projections/registry.ts';
import { databaseNamed } from '../database-named.ts';
import { ACTORS, anyOf, cast, ISSUES, statement } from '../statements.ts';

const CALLERS = 64;
/** Statements of each actor on each issue that is asked about: as many, however much is said on others. */
const ASKED_ABOUT = 5;
const BUILT_MS = 3_600_000;
const QUIET = { info() {}, warn: console.warn, error: console.error };

/** Everything is told a second. */
export interface GrownLog {
  /** The last sequence. */
  head(): Promise<number>;
  /** Records so many events in groups of one size, or from many callers where it is 1. */
  recorded(count: number, group: number): Promise<number>;
  /** Inserts so many rows into the bare table. */
  inserted(count: number, group: number): Promise<number>;
  /** Asks for so many positions, one after the other, each as of a day that nobody has asked for. */
  answered(count: number): Promise<number>;
  close(): Promise<void>;
}

/** Records and builds what is missing, and tells how far it is. */
export async function openGrownLog(server: string, size: number, tell: (line: string) => void): Promise<GrownLog> {
  const url = await databaseNamed(server, `grown_${size}`);
  const db = connect<LogDatabase>(url, { max: 10 });
  const pool = openPool(url, { max: 4 });
  await migrate(db);
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const recorder = new Recorder({ log, registry });
  const record = async (events: NewEvent[]) => {
    const outcomes = await recorder.record(events.map((event) => ({ event, recordedBy: 'bench' })));
    const failed = outcomes.find(({ status }) => status !== 'recorded');
    if (failed) throw new Error(`An event was not recorded: ${JSON.stringify(failed)}`);
  };

  const { sequence: before } = await readHead(log);
  if (before === 0) {
    await record(cast());
    for (const speaker of ACTORS)
      await record(ISSUES.flatMap((issue) => Array.from({ length: ASKED_ABOUT }, () => statement({ speaker, issue }))));
  }
  let { sequence } = await readHead(log);
  await together(4, async () => {
    while (sequence < size) {
      const count = Math.min(MAX_SUBMISSIONS / 2, size - sequence);
      sequence += count;
      await record(statements(count));
      tell(`${size} events, recording: ${sequence}`);
    }
  });

  tell(`${size} events, building the positions`);
  const projector = new Projector({ log, pool, projections: [positions], logger: QUIET });
  await projector.start();
  if (!(await projector.reaches(positions.name, size, BUILT_MS))) throw new Error('The positions were not built.');
  // What is recorded from here on stays out of the answers: only recording is measured then.
  await projector.stop();

  tell(`${size} events, filling the bare table`);
  await sql`create table if not exists bare (id uuid primary key, type text not null, body jsonb not null)`.execute(db);
  await sql`insert into bare select e.id, e.type, e.content from log.event e where not exists (select from bare)`.execute(
    db,
  );
  // What the autovacuum and the checkpoints of a server that is up for longer have done.
  await sql`vacuum analyze`.execute(db);
  await sql`checkpoint`.execute(db);

  const access = new Access({ log, logger: QUIET });
  await access.look();
  const app = await buildApp({
    access,
    log,
    recorder,
    registry,
    projector,
    feed: new EventFeed({ log, logger: QUIET }),
  });
  let day = Date.UTC(2025, 0, 1);
  return {
    head: async () => (await readHead(log)).sequence,
    async recorded(count, group) {
      const groups = grouped(statements(count), group);
      return rateOf(count, () => together(group === 1 ? CALLERS : 1, () => drain(groups, record)));
    },
    async inserted(count, group) {
      const groups = grouped(statements(count), group).map((events) => ({
        ids: events.map(() => v7()),
        bodies: `[${events.map((event) => JSON.stringify(event)).join()}]`,
      }));
      const insert = ({ ids, bodies }: (typeof groups)[number]) =>
        sql`insert into bare select * from rows from (unnest(${ids}::uuid[]), unnest(array_fill('x'::text, array[${ids.length}::int])), jsonb_array_elements(${bodies}::jsonb))`.execute(
          db,
        );
      return rateOf(count, () => together(1, () => drain(groups, insert)));
    },
    async answered(count) {
      return rateOf(count, async () => {
        for (let n = 0; n < count; n++) {
          const at = new Date((day -= 86_400_000)).toISOString().slice(0, 10);
          const path = `/v1/positions/${anyOf(ACTORS)}/${anyOf(ISSUES)}?at=${at}`;
          const { statusCode, body } = await app.inject({ url: path });
          if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}: ${body}`);
        }
      });
    },
    async close() {
      await app.close();
      await pool.end();
      await db.destroy();
    },
  };
}

function statements(count: number): NewEvent[] {
  return Array.from({ length: count }, () => statement());
}

function grouped<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

async function drain<T>(all: T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let one = all.pop(); one; one = all.pop()) await work(one);
}

async function together(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return count / ((performance.now() - began) / 1000);
}
