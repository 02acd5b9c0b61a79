// `npm run bench:feed`: a hundred followers of the log while a thousand events a second are recorded, with the read models kept up
// as in production: does every follower get every event once and in order, and how long after it was recorded? The server, the
// database and the followers are processes of their own. `--followers`, `--rate`, `--seconds` and `--rounds` set the numbers.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { textTable } from '../examples/text-table.ts';
import type { NewEvent } from '../src/domain/event.ts';
import { eventTypeOf } from '../src/domain/vocabulary.ts';
import { startBenchServer } from './bench-server.ts';
import type { Followed } from './feed/followers.ts';
import { generateEvents } from './generate-events.ts';

const SEED = 1;
/** Actors and issues come first, and the read models are then there. */
const BEFORE = 2_000;
const BATCH_MS = 20;
/** Batches under way at once; more senders wait for an answer. */
const SENDERS = 8;
const WIDTH = 120;

const { values } = parseArgs({
  options: {
    followers: { type: 'string', default: '100' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
  },
});
const [followers, rate, seconds, rounds] = [values.followers, values.rate, values.seconds, values.rounds].map(
  Number,
) as [number, number, number, number];
const each = rate * seconds;

const database = await startBenchServer();
const server = start(['../src/main.ts'], { DATABASE_URL: database.url, PORT: '0', LOG_LEVEL: 'warn' });
try {
  const url = await addressOf(server);
  const { before, following } = drawEvents(rounds * each);
  for (const batch of batches(before, 500)) await record(url, batch);
  const rows: string[][] = [];
  for (let round = 0; round < rounds; round++) {
    await settled(url);
    rows.push(await measure(url, following.slice(round * each, (round + 1) * each)));
  }
  const header = [
    'recorded a second',
    'delivered a second',
    'of all',
    'lost',
    'twice',
    'since recorded',
    'since answered',
  ];
  console.log(`${followers} followers, ${each} events a round; milliseconds to arrival: p50, p99, longest\n`);
  console.log(textTable([header, ...rows], WIDTH));
} finally {
  server.kill();
  await new Promise((resolve) => server.once('exit', resolve));
  await database.stop();
}

/** Events to begin with, and so many that rest on no others but these: they may be recorded in any order. */
function drawEvents(count: number): { before: NewEvent[]; following: NewEvent[] } {
  const before: NewEvent[] = [];
  const following: NewEvent[] = [];
  for (const event of generateEvents({ seed: SEED, count: Infinity })) {
    if (before.length < BEFORE) before.push(event);
    else if (!isTied(event)) following.push(event);
    if (following.length === count) break;
  }
  return { before, following };
}

function isTied(event: NewEvent): boolean {
  const { family, references } = eventTypeOf(event);
  return family === 'registry' || references(event).some(({ kind }) => kind === 'event');
}

async function measure(url: string, events: NewEvent[]): Promise<string[]> {
  const { sequence: head } = await get(url, '/v1/log');
  const child = start(['feed/followers.ts', url, String(followers), String(head), String(head + events.length)], {});
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  await lines.next();
  const { pace, acknowledged } = await recordAtPace(url, events);
  child.stdin!.end(JSON.stringify(acknowledged));
  const { value } = (await lines.next()) as { value: string };
  const { delivered, lost, doubled, seconds, sinceRecorded, sinceAcknowledged } = JSON.parse(value) as Followed;
  const share = (100 * delivered) / (events.length * followers);
  return [
    pace.toFixed(0),
    (delivered / seconds).toFixed(0),
    `${share.toFixed(2)} %`,
    `${lost}`,
    `${doubled}`,
    Object.values(sinceRecorded).join(', '),
    Object.values(sinceAcknowledged).join(', '),
  ];
}

/** Records the events as fast as they are meant to come, or as fast as the server takes them; how many a second that was, and when
 * each sequence was acknowledged. */
async function recordAtPace(url: string, events: NewEvent[]) {
  const acknowledged: [sequence: number, moment: number][] = [];
  const started = performance.now();
  const sending = new Set<Promise<unknown>>();
  let turn = 0;
  for (const batch of batches(events, (rate * BATCH_MS) / 1000)) {
    const sent = record(url, batch)
      .then((sequences) => acknowledged.push(...sequences.map((one): [number, number] => [one, Date.now()])))
      .finally(() => sending.delete(sent));
    sending.add(sent);
    if (sending.size === SENDERS) await Promise.race(sending);
    await pause(Math.max(0, started + ++turn * BATCH_MS - performance.now()));
  }
  await Promise.all(sending);
  return { pace: (events.length * 1000) / (performance.now() - started), acknowledged };
}

async function record(url: string, events: NewEvent[]): Promise<number[]> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/events/batch`, { method: 'POST', headers, body: JSON.stringify(events) });
  const { results } = (await response.json()) as { results: { status: string; sequence: number }[] };
  const failed = results.find(({ status }) => status !== 'recorded');
  if (failed) throw new Error(`An event was not recorded: ${JSON.stringify(failed)}`);
  return results.map(({ sequence }) => sequence);
}

/** Waits until the read models have caught up. */
async function settled(url: string): Promise<void> {
  for (;;) {
    const { items } = await get(url, '/v1/projections');
    if (items.every(({ state, lag }: { state: string; lag: number }) => state === 'live' && lag === 0)) return;
    await pause(100);
  }
}

async function get(url: string, path: string): Promise<any> {
  return (await fetch(`${url}${path}`)).json();
}

function* batches(events: NewEvent[], size: number): Generator<NewEvent[]> {
  for (let n = 0; n < events.length; n += size) yield events.slice(n, n + size);
}

function start([script, ...programArguments]: string[], settings: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, script!), ...programArguments], {
    env: { ...process.env, ...settings },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface(stdout!)) {
    const [, address] = /^ {2}API {3}(http:\S+)\/v1$/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('The server did not start.');
}
