// The server as a process, started as a user would start it: what it says, how it stops, and what survives when it is killed.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { isAlive, serverOf } from '../src/database/server-process.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { actor, CAST, position } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { outcome, startNode } from './support/start-node.ts';

const source = (file: string) => path.resolve(import.meta.dirname, '../src', file);
const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;

type Environment = Record<string, string>;
type Recorded = { id: string; sequence: number; hash: string };

/** A program of this package, with these settings and no others. */
function run(file: string, settings: Environment, ...programArguments: string[]) {
  const { PATH, HOME } = process.env;
  return startNode([source(file), ...programArguments], {
    cwd: tmpdir(),
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn', ...settings },
  });
}

/** A server that is running; stopping it answers how it ended and everything it said. */
async function start(t: Test, settings: Environment) {
  const child = run('main.ts', settings);
  const ended = outcome(child);
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (part: string) => (said += part));
  const isUp = () => said.includes('Ctrl-C') || child.exitCode !== null;
  await waitUntil(isUp);
  const api = / {2}API {3}(http:\S+)\/v1\n/.exec(said)?.[1];
  if (api === undefined) throw new Error(`The server did not start: ${(await ended).complaint}`);
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { url: api, stop };
}

async function getJson(url: string): Promise<any> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${await response.text()}`);
  return response.json();
}

function post(url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The projections that a rebuild reports as switched to, the same row by row; the whole line of a table that is not. */
function rebuiltIn(report: string): string[] {
  const [outcome, verdict, ...tables] = report.trimEnd().split('\n');
  if (!/^Rebuild \d+: replayed \d+ events and switched to what was built\./.test(outcome!)) return [];
  if (verdict !== 'The same as what is live, row by row.') return [];
  const names = new Set(tables.map((line) => /^ {2}(\w+)\.\w+: \d+ rows$/.exec(line)?.[1] ?? line));
  return [...names].toSorted();
}

/** A connection that its client keeps open; `answers` is everything that came on it until the server closed it. */
async function openConnection(url: string) {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const ask = (what: string) => socket.write(`GET ${what} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return { ask, answers: text(socket) };
}

/** A folder for data, and no PostgreSQL left on it when the test is over. */
async function dataFolder(t: Test): Promise<{ folder: string; postgres: () => ReturnType<typeof serverOf> }> {
  const parent = await mkdtemp(path.join(tmpdir(), 'demarche-server-'));
  await chmod(parent, 0o711);
  const folder = path.join(parent, 'data');
  const postgres = () => serverOf(path.join(folder, 'cluster/postgres'));
  t.teardown(async () => {
    const left = postgres();
    if (left) process.kill(left.pid, 'SIGKILL');
    await waitUntil(() => !left || !isAlive(left.pid));
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  });
  return { folder, postgres };
}

const { folder, postgres } = await dataFolder(t);

t.test('it says where the API, the docs and the data are, and Ctrl-C leaves nothing running', async (t) => {
  const { url, stop } = await start(t, { DATA_DIR: folder });
  t.match(await getJson(`${url}/health/ready`), { status: 'ready', sequence: 0 });
  t.equal((await fetch(`${url}/docs`)).status, 200);
  const recorded = await post(`${url}/v1/events/batch`, CAST);
  t.match(await recorded.json(), { sequence: CAST.length });
  const { pid } = postgres()!;

  const { code, output, complaint } = await stop('SIGINT');
  t.equal(code, 0);
  t.equal(
    output,
    `Demarche is running.\n  API   ${url}/v1\n  docs  ${url}/docs\n  data  ${folder}\nPress Ctrl-C to stop.\n`,
  );
  t.equal(complaint, '', 'nothing had to be warned of');
  t.ok(await waitUntil(() => !isAlive(pid), 5_000), 'its PostgreSQL has ended with it');
});

t.test('killed in the middle of posts, it loses nothing that was acknowledged', async (t) => {
  const first = await start(t, { DATA_DIR: folder });
  const acknowledged: Recorded[] = [];
  const poster = async (): Promise<void> => {
    for (;;) {
      const stated = position('russia', 'territorial-settlement', 1, '2024-11-15');
      const response = await post(`${first.url}/v1/events`, stated);
      acknowledged.push((await response.json()) as Recorded);
    }
  };
  const posters = Promise.allSettled(Array.from({ length: 8 }, poster));
  await waitUntil(() => acknowledged.length >= 200);
  const { pid } = postgres()!;
  t.equal((await first.stop('SIGKILL')).signal, 'SIGKILL');
  await posters;
  t.equal(postgres()?.pid, pid, 'its PostgreSQL is still running');

  const { url, stop } = await start(t, { DATA_DIR: folder });
  t.equal(postgres()?.pid, pid, 'the next start takes it over');
  const last = Math.max(...acknowledged.map(({ sequence }) => sequence));
  const { items, next } = await getJson(`${url}/v1/events?order=recorded&limit=1000&minSequence=${last}`);
  t.equal(next, null);
  t.same(
    items.map(({ sequence }: { sequence: number }) => sequence),
    Array.from({ length: items.length }, (_, n) => n + 1),
    'the log is dense',
  );
  const kept = ({ id, sequence, hash }: Recorded) => [id, sequence, hash];
  t.same(
    acknowledged.map(({ sequence }) => kept(items[sequence - 1])),
    acknowledged.map(kept),
    'every event that was acknowledged is where it was said to be',
  );
  t.equal((await stop('SIGTERM')).code, 0);
  t.equal(postgres(), undefined, 'who took it over ends it');
});

t.test('on one folder a second server refuses to start, and read models are rebuilt beside the first', async (t) => {
  const { url, stop } = await start(t, { DATA_DIR: folder });
  const [second, all] = await Promise.all([
    outcome(run('main.ts', { DATA_DIR: folder })),
    outcome(run('rebuild.ts', { DATA_DIR: folder })),
  ]);
  t.same(second, {
    code: 1,
    signal: null,
    output: '',
    complaint: `Another Demarche is running on ${folder}. Stop it first, or give this one a folder of its own with DATA_DIR and a PORT.\n`,
  });
  t.equal((await post(`${url}/v1/events`, CAST[0])).status, 422, 'the first goes on answering');

  t.equal(all.code, 0, all.complaint);
  t.same(
    rebuiltIn(all.output),
    ['actors', 'dealings', 'events', 'issues', 'ledgers', 'positions', 'sourcing'],
    all.output,
  );
  const { items } = await getJson(`${url}/v1/rebuilds`);
  t.match(items, [{ id: 1, reason: 'asked', state: 'switched', comparison: { equal: true } }]);
  t.match(await getJson(`${url}/v1/actors/russia`), { actor: 'russia' }, 'and the first answers from what was rebuilt');
  const { sequence } = (await (await post(`${url}/v1/events`, actor('france', 'state'))).json()) as Recorded;
  const france = await getJson(`${url}/v1/actors/france?minSequence=${sequence}`);
  t.match(france, { actor: 'france', sequence }, 'and brings it up with the log');

  t.equal((await stop('SIGTERM')).code, 0);
  const alone = await outcome(run('rebuild.ts', { DATA_DIR: folder }, 'issues', 'positions'));
  t.match(alone, { code: 0, complaint: '' });
  t.same(rebuiltIn(alone.output), ['issues', 'positions'], alone.output);
  t.equal(postgres(), undefined, 'alone, a rebuild starts the database and ends it');

  const misspelt = await outcome(run('rebuild.ts', { DATA_DIR: folder }, 'position'));
  t.same(misspelt, {
    code: 1,
    signal: null,
    output: '',
    complaint:
      'There is no projection "position"; the nearest is "positions". There are: actors, dealings, events, issues, ledgers, positions, sourcing.\n',
  });
});

t.test('told to stop, it answers what is under way before it ends', async (t) => {
  const { url, stop } = await start(t, { DATA_DIR: folder });
  const { sequence } = await getJson(`${url}/v1/log`);
  const line = `${JSON.stringify(position('ukraine', 'troop-withdrawal', 2, '2024-11-15'))}\n`;
  const batch = request(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  batch.write(line.repeat(600));
  const [response] = (await once(batch, 'response')) as [IncomingMessage];
  const answer = text(response);
  const question = `/v1/events?minSequence=${sequence + 1_100}&order=recorded&afterSequence=${sequence + 1_099}`;
  const patient = await openConnection(url);
  patient.ask(question);
  await getJson(`${url}/health/live`);

  const since = performance.now();
  const stopped = stop('SIGTERM');
  await waitUntil(() =>
    fetch(`${url}/health/live`).then(
      () => false,
      () => true,
    ),
  );
  batch.write(line.repeat(400));
  await once(response, 'data');
  batch.end(line.repeat(100));
  const { results } = JSON.parse(await answer);
  t.equal(results.length, 1_100);
  t.ok(results.every((result: { status: string }) => result.status === 'recorded'));
  const waitedFor = new RegExp(`^HTTP/1.1 200 .*"sequence":${sequence + 1_100}`, 's');
  t.match(await patient.answers, waitedFor, 'also a question that waited for the last of them');
  t.match(await stopped, { code: 0, complaint: '' });
  t.ok(performance.now() - since < 20_000, 'clients that keep their connections do not keep it running');
  t.equal(postgres(), undefined);
});

t.test('what keeps it from starting is said in a sentence, and nothing is left running', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const nowhere = path.join(folder, '../nowhere');
  const expected: [settings: Environment, complaint: string][] = [
    [
      { DATA_DIR: folder, PORT: String(port) },
      `The port is taken by another program. Stop that, or set PORT to another one (listen EADDRINUSE: address already in use 127.0.0.1:${port}).\n`,
    ],
    [
      {
        DATA_DIR: nowhere,
        HOST: 'any where',
        PORT: 'http',
        DATABASE_URL: 'mysql://me:secret@db/x',
        DIRECT_DATABASE_URL: 'nowhere',
        LOG_LEVEL: 'loud',
      },
      `These settings are wrong:
  HOST: found "any where", expected an address or a name of this machine
  PORT: found "http", expected a whole number from 0 to 65535
  DATABASE_URL: found something else, expected a URL that begins with postgres://
  DIRECT_DATABASE_URL: found something else, expected a URL that begins with postgres://
  LOG_LEVEL: found "loud", expected one of trace, debug, info, warn, error, fatal, silent\n`,
    ],
    [
      { DATA_DIR: nowhere, DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' },
      'The database postgres://me@127.0.0.1:1/x cannot be reached (connect ECONNREFUSED 127.0.0.1:1). Start it, or set DATABASE_URL to one that runs.\n',
    ],
  ];
  const outcomes = await Promise.all(expected.map(([settings]) => outcome(run('main.ts', settings))));
  for (const [n, [settings, complaint]] of expected.entries())
    t.same(outcomes[n], { code: 1, signal: null, output: '', complaint }, JSON.stringify(settings));
  t.equal(postgres(), undefined);
  t.notOk(existsSync(nowhere), 'wrong settings are seen before anything is made');
});

t.test('DATABASE_URL takes the place of the embedded database', async (t) => {
  const { url: databaseUrl, db } = await freshDatabase(t);
  const unused = path.join(folder, '../unused');
  const { url, stop } = await start(t, { DATABASE_URL: databaseUrl, DATA_DIR: unused });
  const recorded = await post(`${url}/v1/events`, { ...CAST[0], id: uuid(1) });
  t.match(await recorded.json(), { sequence: 1 });
  const { rows } = await sql`select sequence, id from log.event`.execute(db);
  t.same(rows, [{ sequence: 1, id: uuid(1) }]);

  const { code, output, complaint } = await stop('SIGTERM');
  t.equal(code, 0);
  const shown = new URL(databaseUrl);
  shown.password = '';
  t.match(output, `\n  data  ${shown.href}\n`, 'it is shown without its password');
  t.equal(complaint, '');
  t.notOk(existsSync(unused));
  t.match(
    await sql`select 1 as one`.execute(db),
    { rows: [{ one: 1 }] },
    'a database that was not started is not ended',
  );
});
