// The embedded database keeps its promises when processes are killed, started twice, or find a folder in disorder.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { isAlive, serverOf } from '../src/database/server-process.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { startNode } from './support/start-node.ts';

const OWN_DATABASE = path.join(import.meta.dirname, 'support/own-database.ts');
const postgresIn = (folder: string) => path.join(folder, 'cluster/postgres');

/** A data folder, and no server left on it when the test is over. */
async function dataFolder(t: Test): Promise<string> {
  const parent = await mkdtemp(path.join(tmpdir(), 'demarche-embedded-'));
  await chmod(parent, 0o711);
  const folder = path.join(parent, 'data');
  t.teardown(async () => {
    const server = serverOf(postgresIn(folder));
    if (server) process.kill(server.pid, 'SIGKILL');
    await waitUntil(() => !server || !isAlive(server.pid));
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function ownInAnotherProcess(folder: string) {
  const child = startNode([OWN_DATABASE, folder]);
  const exited = once(child, 'exit');
  child.stderr.pipe(process.stderr);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const server = JSON.parse(line) as EmbeddedPostgres;
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  return { server, kill, stop };
}

t.test('it starts, answers, stops, and starts again with what was in it', async (t) => {
  const folder = await dataFolder(t);
  const first = await startEmbeddedPostgres(folder);
  t.match(first, { directory: folder, owner: true, takenOver: false });
  await query(first.url, 'create table kept (n int); insert into kept values (1)');
  t.same(
    await query(first.url, "select current_setting('fsync') fsync, current_setting('server_encoding') encoding"),
    [{ fsync: 'on', encoding: 'UTF8' }],
    'it is durable unless told otherwise',
  );
  await first.stop();
  await first.stop();
  t.equal(serverOf(postgresIn(folder)), undefined, 'no server runs any more');
  await t.rejects(query(first.url, 'select 1'), { code: 'ECONNREFUSED' });

  const second = await startEmbeddedPostgres(folder);
  t.match(second, { owner: true, takenOver: false });
  t.same(await query(second.url, 'select n from kept'), [{ n: 1 }]);
  await second.stop();
});

t.test('nobody gets in without the password, which only its owner can read', async (t) => {
  const folder = await dataFolder(t);
  const { url, stop } = await startEmbeddedPostgres(folder, { durable: false });
  const file = path.join(folder, 'cluster/password');
  const { mode, uid } = await stat(file);
  t.equal(mode & 0o777, 0o600);
  t.equal(uid, process.getuid?.());
  t.equal(new URL(url).password, await readFile(file, 'utf8'));
  t.match(await readdir(path.dirname(file)), ['password', 'postgres'], 'no other file holds it');

  const wrong = new URL(url);
  wrong.password = 'guessed';
  await t.rejects(query(wrong.href, 'select 1'), { code: '28P01' });
  t.same(
    await query(url, "select distinct auth_method from pg_hba_file_rules where auth_method <> 'reject'"),
    [{ auth_method: 'scram-sha-256' }],
    'there is no way in without it',
  );
  t.same(
    await query(
      url,
      `select current_setting('listen_addresses') addresses, current_setting('unix_socket_directories') sockets`,
    ),
    [{ addresses: '127.0.0.1', sockets: '' }],
    'and none from another machine',
  );
  await stop();
});

t.test('a server whose owner was killed is taken over with everything committed', async (t) => {
  const folder = await dataFolder(t);
  const { server: killed, kill } = await ownInAnotherProcess(folder);
  t.match(killed, { owner: true, takenOver: false });
  await query(killed.url, 'create table kept (n int); insert into kept values (1)');
  await kill();

  const next = await startEmbeddedPostgres(folder);
  t.match(next, { owner: true, takenOver: true, url: killed.url });
  t.same(await query(next.url, 'select n from kept'), [{ n: 1 }]);
  await next.stop();
  t.equal(serverOf(postgresIn(folder)), undefined);
});

t.test('who comes second shares the server, does not own it, and leaves it running', async (t) => {
  const folder = await dataFolder(t);
  const { server: owner, stop } = await ownInAnotherProcess(folder);
  const second = await startEmbeddedPostgres(folder);
  t.match(second, { owner: false, takenOver: false, url: owner.url });
  await second.stop();
  t.same(await query(owner.url, 'select 1 as one'), [{ one: 1 }], 'the server of the owner still answers');

  await stop();
  const third = await startEmbeddedPostgres(folder);
  t.match(third, { owner: true, takenOver: false }, 'the place is free once the owner is gone');
  await third.stop();
});

t.test('of two first starts at once one creates the database and both use it', async (t) => {
  const folder = await dataFolder(t);
  const both = await Promise.all([ownInAnotherProcess(folder), ownInAnotherProcess(folder)]);
  t.equal(both[0].server.url, both[1].server.url);
  t.equal(both.filter(({ server }) => server.owner).length, 1, 'exactly one owns it');
  t.same(await readdir(folder), ['cluster', 'server.log'], 'nothing else is left');
  for (const { stop } of both.toSorted((a) => (a.server.owner ? 1 : -1))) await stop();
});

t.test('a PostgreSQL that was killed recovers what was committed', async (t) => {
  const folder = await dataFolder(t);
  const crashed = await startEmbeddedPostgres(folder);
  await query(crashed.url, 'create table kept (n int); insert into kept values (1)');
  const pid = serverOf(postgresIn(folder))?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => serverOf(postgresIn(folder)) === undefined);
  const lock = path.join(postgresIn(folder), 'postmaster.pid');
  // The worst case: by now the id that was left behind belongs to a process of the same account.
  await writeFile(lock, (await readFile(lock, 'utf8')).replace(String(pid), String(process.pid)));

  const next = await startEmbeddedPostgres(folder);
  t.match(next, { owner: true, takenOver: false });
  t.same(await query(next.url, 'select n from kept'), [{ n: 1 }]);
  await crashed.stop();
  t.same(await query(next.url, 'select 1 as one'), [{ one: 1 }], 'the former owner has no say in the new server');
  await next.stop();
});

t.test('kept running, it is there again at the same address whenever it was killed', async (t) => {
  const folder = await dataFolder(t);
  const said: string[] = [];
  const kept = await startEmbeddedPostgres(folder, { keepRunning: true, log: (line) => said.push(line) });
  await query(kept.url, 'create table kept (n int)');
  for (const turn of [1, 2]) {
    const pid = serverOf(postgresIn(folder))!.pid;
    process.kill(pid, 'SIGKILL');
    t.ok(await waitUntil(() => said.filter((line) => line.includes('there again')).length === turn, 60_000));
    await query(kept.url, `insert into kept values (${turn})`);
    t.not(serverOf(postgresIn(folder))?.pid, pid);
  }
  // It starts all its processes anew when one of them is killed; its owner must be the owner of that one, too.
  await query(
    kept.url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'demarche owner'",
  );
  t.ok(await waitUntil(() => said.filter((line) => line.includes('there again')).length === 3, 60_000));
  t.same(await query(kept.url, 'select n from kept order by n'), [{ n: 1 }, { n: 2 }]);
  await kept.stop();
  t.equal(serverOf(postgresIn(folder)), undefined, 'who keeps it running ends it');
  await kept.stop();
});

t.test('kept running, it is tried again until it can be started', async (t) => {
  const folder = await dataFolder(t);
  const said: string[] = [];
  const file = path.join(postgresIn(folder), 'postgresql.conf');
  const kept = await startEmbeddedPostgres(folder, { keepRunning: true, log: (line) => said.push(line) });
  t.teardown(() => kept.stop());
  const before = await readFile(file);
  // As long as this stands there, nobody can start it.
  await appendFile(file, "\nno_such_setting = 'on'\n");
  process.kill(serverOf(postgresIn(folder))!.pid, 'SIGKILL');
  t.ok(await waitUntil(() => said.some((line) => line.includes('no_such_setting')), 60_000), 'it says why it cannot');
  await writeFile(file, before);
  t.ok(
    await waitUntil(
      () =>
        query(kept.url, 'select 1').then(
          () => true,
          () => false,
        ),
      60_000,
    ),
    'it tries again',
  );
});

t.test('kept running, it is stopped also while it is being started again', async (t) => {
  for (const delay of [0, 100, 300, 1_000]) {
    const folder = await dataFolder(t);
    const kept = await startEmbeddedPostgres(folder, { keepRunning: true });
    process.kill(serverOf(postgresIn(folder))!.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, delay));
    await kept.stop();
    t.equal(serverOf(postgresIn(folder)), undefined, `after ${delay} ms`);
  }
});

t.test('a copy of the data folder, made while nothing runs on it, is a backup', async (t) => {
  const folder = await dataFolder(t);
  const first = await startEmbeddedPostgres(folder);
  await query(first.url, 'create table kept (n int); insert into kept values (1)');
  await first.stop();
  const copy = await dataFolder(t);
  execFileSync('cp', ['-a', folder, copy]);
  const second = await startEmbeddedPostgres(copy);
  t.match(second, { directory: copy, owner: true });
  t.same(await query(second.url, 'select n from kept'), [{ n: 1 }]);
  await second.stop();
});

t.test('a first start that was killed leaves nothing that stands in the way', async (t) => {
  const folder = await dataFolder(t);
  const dead = startNode(['-e', '']);
  await once(dead, 'exit');
  await mkdir(path.join(folder, `unfinished-${dead.pid}-0a1b2c3d/postgres/base`), { recursive: true });
  const server = await startEmbeddedPostgres(folder, { durable: false });
  t.same(await readdir(folder), ['cluster', 'server.log']);
  await server.stop();
});

t.test('what cannot be started is refused in plain words, with no process left behind', async (t) => {
  const folder = await dataFolder(t);
  await (await startEmbeddedPostgres(folder, { durable: false })).stop();
  const settings = path.join(postgresIn(folder), 'postgresql.conf');
  const before = await readFile(settings);
  await appendFile(settings, "\nno_such_setting = 'on'\n");
  await t.rejects(
    startEmbeddedPostgres(folder),
    { message: /could not be started in .*data[^]*no_such_setting[^]*DATABASE_URL/ },
    'the end of the server log is in the message',
  );
  t.equal(serverOf(postgresIn(folder)), undefined);
  await writeFile(settings, before);

  await writeFile(path.join(folder, 'cluster/password'), 'another');
  await t.rejects(startEmbeddedPostgres(folder), { message: /turned Demarche away.*cluster\/password/ });
  t.equal(serverOf(postgresIn(folder)), undefined);

  await writeFile(path.join(postgresIn(folder), 'PG_VERSION'), '9\n');
  await t.rejects(startEmbeddedPostgres(folder), {
    message: /written by PostgreSQL 9, and this machine has PostgreSQL \d+ in .*Install PostgreSQL 9/,
  });

  const file = path.join(folder, 'server.log');
  await t.rejects(startEmbeddedPostgres(path.join(file, 'data')), {
    message: /cannot be used .*Set DATA_DIR/,
  });
});
