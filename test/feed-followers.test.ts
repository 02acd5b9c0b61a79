// Many who follow the log, on several nodes: nothing is lost or told twice when servers and databases come and go, whoever is slow
// costs little, and whoever goes away costs nothing.
import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { connect } from '../src/database/connect.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { buildApp } from '../src/http/app.ts';
import { EventFeed } from '../src/http/event-feed.ts';
import { CAST } from './support/cast.ts';
import { startDemarche, type Demarche } from './support/demarche.ts';
import { follow, reached, sequences, startListening } from './support/follow.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { openProxy } from './support/log-proxy.ts';
import { range } from './support/log-submissions.ts';
import { DEADLINE, statement } from './support/replay-node.ts';
import { startServerNode, type ServerNode } from './support/server-node.ts';

const POLL_MS = 1_000;
/** A page as it is written out takes no more than this: 1,000 events of some 2.5 kB. */
const PAGE_BYTES = 3_000_000;

/** The application once more, with a feed that reads by way of `database`; whatever it asks and warns of is told. */
async function listenBy(t: Test, demarche: Demarche, database: string) {
  const queries: string[] = [];
  const warnings: string[] = [];
  const db = connect<LogDatabase>(database, { onQuery: ({ sql }) => void queries.push(sql) });
  const log = { db, schema: 'log' };
  const feed = new EventFeed({ log, logger: { warn: (_: unknown, said?: string) => void warnings.push(said ?? '') } });
  const app = await buildApp({ ...demarche, log, feed });
  t.teardown(async () => {
    await app.close();
    await db.destroy();
  });
  const sockets: Socket[] = [];
  app.server.on('connection', (socket) => sockets.push(socket));
  const server = await app.listen({ port: 0, host: '127.0.0.1' });
  return { server, app, feed, queries, warnings, sockets };
}

t.test('nothing is lost or told twice while the server is stopped, killed and started again', async (t) => {
  const { url } = await freshDatabase(t);
  const writing = await startServerNode(t, { DATABASE_URL: url });
  await writing.record(...CAST);
  let recorded = CAST.length;
  const enough = new AbortController();
  const writer = (async () => {
    while (!enough.signal.aborted) {
      recorded = await writing.record(...Array.from({ length: 7 }, (_, n) => statement(`${n}`)));
      await pause(10);
    }
  })();

  const told: number[] = [];
  let lastId: number | undefined;
  for (const ending of ['SIGTERM', 'SIGKILL', 'SIGTERM', undefined] as const) {
    const node = await startServerNode(t, { DATABASE_URL: url });
    const follower = await follow(
      t,
      node.url,
      lastId === undefined ? '?afterSequence=0' : '',
      lastId === undefined ? {} : { 'Last-Event-ID': String(lastId) },
    );
    const begun = recorded;
    await follower.until(() => (follower.lastId() ?? 0) > begun + 100);
    if (ending === undefined) {
      enough.abort();
      await writer;
      await follower.until(reached(recorded));
    } else {
      node.signal(ending);
      const error = await follower.ended;
      if (ending === 'SIGTERM') t.equal(error, undefined, 'a server that is told to stop ends what it has begun');
      await node.ended;
      t.equal(node.complaints(), '');
    }
    told.push(...sequences(follower));
    lastId = follower.lastId();
  }
  t.same(told, range(1, recorded));
});

t.test('what another node records is told at once, and within about a second where no word comes', async (t) => {
  const [{ url }, { url: elsewhere }] = [await freshDatabase(t), await freshDatabase(t)];
  const recording = await startServerNode(t, { DATABASE_URL: url });
  const last = await recording.record(...CAST);
  const hearing = await startServerNode(t, { DATABASE_URL: url });
  // It listens where nobody says anything.
  const deaf = await startServerNode(t, { DATABASE_URL: url, DIRECT_DATABASE_URL: elsewhere });
  /** How long each of a few events took. */
  const delays = async (node: ServerNode) => {
    const follower = await follow(t, node.url);
    await follower.until(({ sent }) => sent.length === 1);
    const taken: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      // At no particular time of the poll.
      await pause(230);
      const sequence = await recording.record(statement(`${turn}`));
      const since = performance.now();
      await follower.until(reached(sequence));
      taken.push(performance.now() - since);
    }
    return taken;
  };
  const told = await delays(hearing);
  t.ok(Math.max(...told) < POLL_MS / 2, `told: ${told.map(Math.round).join(', ')} ms`);
  const untold = await delays(deaf);
  t.ok(Math.max(...untold) < POLL_MS * 1.5, `untold: ${untold.map(Math.round).join(', ')} ms`);
  t.ok(Math.max(...untold) > POLL_MS / 5, 'nobody has told it');
  t.equal((await recording.get('/v1/log')).sequence, last + 10);
});

t.test('a slow reader costs the server a page at most, and gets everything in order', async (t) => {
  const demarche = await startDemarche(t);
  const start = await demarche.record(...CAST);
  const { server, feed, sockets } = await listenBy(t, demarche, demarche.url);
  const slow = await follow(t, server);
  await slow.until(({ sent }) => sent.length === 1);
  slow.hold();
  const quick = await follow(t, server);

  const summary = 'A sentence of two dozen letters. '.repeat(60);
  const held: number[] = [];
  let last = start;
  for (let n = 0; n < 50; n++) {
    last = await demarche.record(...Array.from({ length: 200 }, () => statement(summary)));
    feed.wake();
    held.push(...sockets.map(({ writableLength }) => writableLength));
  }
  await quick.until(reached(last));
  held.push(...sockets.map(({ writableLength }) => writableLength));
  t.ok(held.at(-2)! > 0 || sockets[0]!.writableLength > 0, 'it has been held up');
  t.ok(Math.max(...held) <= PAGE_BYTES, `${Math.max(...held)} bytes waited at most`);
  t.ok(slow.events().length < 10_000);
  slow.goOn();
  await slow.until(reached(last));
  t.same(sequences(slow), range(start + 1, last));
  t.same(sequences(quick), range(start + 1, last), 'nobody else was held up');
});

t.test('the log is read once for all who follow, and not at all while nobody does', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const { server, app, feed, queries } = await listenBy(t, demarche, demarche.url);
  const followers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => follow(t, server, n % 2 ? '' : '?afterSequence=0')),
  );
  await waitUntil(() => feed.followers === 200, DEADLINE);
  t.equal(feed.followers, 200);
  await Promise.all(followers.filter((_, n) => n % 2 === 0).map((follower) => follower.until(reached(CAST.length))));

  queries.length = 0;
  const last = await demarche.record(statement('for all'));
  feed.wake();
  await Promise.all(followers.map((follower) => follower.until(reached(last))));
  t.ok(queries.length > 0 && queries.length < 20, `${queries.length} reads for 200 followers`);

  // Some go while the server waits, others while it has much to send.
  for (const follower of followers.slice(0, 100)) follower.cut();
  const many = demarche.record(...Array.from({ length: 500 }, () => statement('more')));
  for (const follower of followers.slice(100)) follower.cut();
  await many;
  feed.wake();
  t.ok(await waitUntil(() => feed.followers === 0, DEADLINE), `${feed.followers} are left`);
  const connections = () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
  t.ok(await waitUntil(async () => (await connections()) === 0, DEADLINE));
  queries.length = 0;
  await demarche.record(statement('for nobody'));
  feed.wake();
  await pause(1.5 * POLL_MS);
  t.same(queries, []);

  const again = await follow(t, server, `?afterSequence=${last}`);
  await again.until(reached(last + 501));
  t.same(sequences(again), range(last + 1, last + 501), 'whoever comes next finds it all');
});

t.test('while the database is away followers wait, and others are told to come back', async (t) => {
  const demarche = await startDemarche(t);
  const start = await demarche.record(...CAST);
  const proxy = await openProxy(t, demarche.url);
  const { server, feed, warnings } = await listenBy(t, demarche, proxy.url);
  const waiting = await follow(t, server);
  await waiting.until(({ sent }) => sent.length === 1);

  for (const outage of [1, 2]) {
    proxy.drop(Infinity);
    feed.wake();
    const missed = await demarche.record(statement('one'), statement('two'));
    const refused = await follow(t, server);
    t.match([refused.status, refused.headers['content-type']], [503, /^application\/problem\+json/]);
    await pause(2.5 * POLL_MS);
    t.same(
      warnings,
      Array.from({ length: outage }, () => 'The log cannot be read at the moment; its followers wait'),
    );
    proxy.drop(0);
    await waiting.until(reached(missed));
  }
  t.same(sequences(waiting), range(start + 1, start + 4));
  t.equal(feed.followers, 1);
});

t.test('a server that closes waits for nobody who follows', async (t) => {
  const demarche = await startListening(t);
  await demarche.record(...CAST);
  const [reading, held] = [await follow(t, demarche.server), await follow(t, demarche.server, '?afterSequence=0')];
  await held.until(({ sent }) => sent.length > CAST.length);
  held.hold();
  const summary = 'A sentence of two dozen letters. '.repeat(60);
  let last = 0;
  for (let n = 0; n < 40; n++) last = await demarche.record(...Array.from({ length: 200 }, () => statement(summary)));
  await reading.until(reached(last));
  const since = performance.now();
  const closed = demarche.app.close();
  t.equal(await reading.ended, undefined, 'it ends between two events');
  t.ok(performance.now() - since < 500);
  await closed;
  t.ok(performance.now() - since < 5_000, 'nor for one that takes nothing');
  t.equal(demarche.feed.followers, 0);
});
