// `npm run bench`: how fast the log takes events, beside the barest program that could do the same work,
// on the same durable server, in alternation. Read the ratios; absolute rates are those of the machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { connect } from '../src/database/connect.ts';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { migrate } from '../src/database/migrate.ts';
import type { NewEvent } from '../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../src/events/log-database.ts';
import { Recorder } from '../src/events/recorder.ts';
import { RegistryMemory } from '../src/events/registry-memory.ts';
import { rate } from './rate.ts';
import { spread } from './spread.ts';
import { cast } from './statements.ts';

const ROUNDS = 5;
const CALLERS = 128;

const folder = await mkdtemp(join(tmpdir(), 'demarche-bench-'));
const server = await startEmbeddedPostgres(folder);
const db = connect<LogDatabase>(server.url, { max: 2 });
const wide = connect(server.url, { max: 32 });
try {
  await run();
} finally {
  await db.destroy();
  await wide.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
}

async function run(): Promise<void> {
  await migrate(db);
  await sql`create table bare (id uuid primary key, type text not null, body jsonb not null)`.execute(wide);
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  const recorder = new Recorder({ log, registry });
  await recorder.record(cast().map((event) => ({ event, recordedBy: 'bench' })));

  const one = (event: NewEvent) => recorder.record([{ event, recordedBy: 'bench' }]);
  const bare = (event: NewEvent) => insertBare(wide, event);
  console.log(`${ROUNDS} rounds in alternation; events of about 1 kB; medians (lowest to highest)\n`);
  await compare('one caller, one event at a time', [
    ['recorded', () => rate(300, 1, one)],
    ['bare INSERT', () => rate(300, 1, bare)],
  ]);
  await compare(`${CALLERS} callers, one event each`, [
    ['recorded', () => rate(6_000, CALLERS, one)],
    ['bare INSERT, 32 connections', () => rate(6_000, CALLERS, bare)],
  ]);
}

type Measure = [name: string, measure: () => Promise<number>];

/** Measures all in turn, round by round; each is set in relation to the last, the bare one, of the same round. */
async function compare(title: string, measures: Measure[]): Promise<void> {
  const rates = measures.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, measure]] of measures.entries()) rates[index]!.push(await measure());
  }
  console.log(title);
  for (const [index, [name]] of measures.entries()) {
    const ratios = rates[index]!.map((value, round) => value / rates.at(-1)![round]!);
    const ratio = index < measures.length - 1 ? `${spread(ratios, (value) => value.toFixed(2))} × bare` : '';
    console.log(
      `  ${name.padEnd(28)} ${spread(rates[index]!, (value) => value.toFixed(0)).padStart(24)} events/s  ${ratio}`,
    );
  }
}

async function insertBare(bareDb: Kysely<any>, { id, type, ...body }: NewEvent): Promise<void> {
  await sql`insert into bare (id, type, body) values (${id}, ${type}, ${JSON.stringify(body)})`.execute(bareDb);
}
