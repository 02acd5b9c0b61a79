// `npm run bench`: how fast the log takes events, beside the barest program that could do the same work,
// on the same durable server, in alternation. Read the ratios; absolute rates are those of the machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { v7 } from 'uuid';
import { connect } from '../src/database/connect.ts';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { migrate } from '../src/database/migrate.ts';
import type { NewEvent } from '../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../src/events/log-database.ts';
import { Recorder } from '../src/events/recorder.ts';
import { RegistryMemory } from '../src/events/registry-memory.ts';

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

function spread(values: number[], show: (value: number) => string): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${show(sorted[Math.floor(sorted.length / 2)]!)} (${show(sorted[0]!)} to ${show(sorted.at(-1)!)})`;
}

async function rate(count: number, callers: number, work: (event: NewEvent) => Promise<unknown>): Promise<number> {
  const events = Array.from({ length: count }, statement);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let event = events.pop(); event; event = events.pop()) await work(event);
    }),
  );
  return (count / (performance.now() - started)) * 1000;
}

async function insertBare(bareDb: Kysely<any>, { id, type, ...body }: NewEvent): Promise<void> {
  await sql`insert into bare (id, type, body) values (${id}, ${type}, ${JSON.stringify(body)})`.execute(bareDb);
}

function cast(): NewEvent[] {
  const actors = Array.from({ length: 20 }, (_, i) => ({ actor: `state-${i}`, kind: 'state', name: `State ${i}` }));
  const issues = Array.from({ length: 20 }, (_, i) => ({
    issue: `issue-${i}`,
    proposition: `Issue ${i} should be settled`,
  }));
  return [
    ...actors.map((data) => ({ id: v7(), type: 'ActorRegistered', occurred: '2024-01-01', data })),
    ...issues.map((data) => ({ id: v7(), type: 'IssueOpened', occurred: '2024-01-01', data })),
  ];
}

function statement(): NewEvent {
  const pick = (count: number) => Math.floor(Math.random() * count);
  const day = `2024-${String(1 + pick(12)).padStart(2, '0')}-${String(1 + pick(28)).padStart(2, '0')}`;
  return {
    id: v7(),
    type: 'PositionStated',
    occurred: day,
    data: { speaker: `state-${pick(20)}`, summary: 'What was said on this day. '.repeat(26) },
    stance: { issue: `issue-${pick(20)}`, position: pick(5) - 2, firmness: 'firm' },
    source: { title: 'A report of some length about what was said', url: 'https://example.org/report', language: 'en' },
  };
}
