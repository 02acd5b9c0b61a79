// Several nodes on one database, as processes: each projection is written by one of them, another takes over when that dies or
// stands still, and what stood still writes nothing any more. Also by way of a proxy that pools transactions, and with nobody told.
import { setTimeout as pause } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { projections } from '../src/projections/every-projection.ts';
import { LEASE_MS } from '../src/projections/runs.ts';
import { position } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { loadDatabases } from './support/loaded-database.ts';
import { openPoolingProxy } from './support/pooling-proxy.ts';
import { startServerNode, type ServerNode } from './support/server-node.ts';

const DEADLINE = 30_000;
const POLL_MS = 1_000;

const loaded = await loadDatabases(t, 1_500, 6_000);

/** A question to every read model. */
const QUESTIONS = [
  '/v1/actors',
  '/v1/issues',
  '/v1/events',
  '/v1/issues/issue-1/positions',
  '/v1/encounters',
  '/v1/demands',
  '/v1/evidence',
];

/** Who leads each projection, as the node tells it. */
async function leaders(node: ServerNode): Promise<(string | null)[]> {
  const { items } = await node.get('/v1/projections');
  return items.map(({ leader }: { leader: string | null }) => leader);
}

/** The node that leads all projections, if one does. */
async function soleLeader(node: ServerNode): Promise<string | undefined> {
  const found = await leaders(node);
  return found.length === projections.length && new Set(found).size === 1 ? (found[0] ?? undefined) : undefined;
}

async function answersAt(node: ServerNode, sequence: number): Promise<any[]> {
  return Promise.all(QUESTIONS.map((question) => node.get(`${question}?limit=20&minSequence=${sequence}`)));
}

/** Builds all anew, without taking it over, and answers what differs from what is live. */
async function differences(node: ServerNode): Promise<object[]> {
  const { id } = await node.post('/v1/projections/all/rebuilds', { dryRun: true });
  const over = await overAt(node, id);
  if (over?.state !== 'compared') return [over];
  return over.comparison.tables.filter(({ equal }: { equal: boolean }) => !equal);
}

async function overAt(node: ServerNode, id: number): Promise<any> {
  return waitUntil(async () => {
    const rebuild = await node.get(`/v1/rebuilds/${id}`);
    return rebuild.state !== 'running' && rebuild;
  }, DEADLINE);
}

/** The time of a few events, each recorded once the one before is in every read model; nobody is asked, which would wake it. */
async function timeOf(events: object[], recording: ServerNode): Promise<number> {
  const since = performance.now();
  for (const event of events) {
    await recording.record(event);
    await waitUntil(async () => {
      const { items } = await recording.get('/v1/projections');
      return items.every(({ lag }: { lag: number }) => lag === 0);
    }, DEADLINE);
  }
  return performance.now() - since;
}

t.test('one node writes each projection, and when it is killed another does within five seconds', async (t) => {
  const { url, following } = await loaded(t);
  const [first, second] = [
    await startServerNode(t, { DATABASE_URL: url }),
    await startServerNode(t, { DATABASE_URL: url }),
  ];
  const leader = (await waitUntil(() => soleLeader(first), DEADLINE))!;
  t.equal(await soleLeader(second), leader, 'both name the same');
  for (const node of [first, second, first, second]) {
    const sequence = await node.record(...following(20));
    for (const { sequence: reached } of await answersAt(node, sequence)) t.ok(reached >= sequence);
  }
  t.same(new Set(await leaders(second)), new Set([leader]), 'it keeps the lead while there is much to do');

  const since = performance.now();
  first.signal('SIGKILL');
  const sequence = await second.record(...following(5));
  for (const { sequence: reached } of await answersAt(second, sequence)) t.ok(reached >= sequence);
  const other = await waitUntil(async () => {
    const found = await soleLeader(second);
    return found !== leader && found;
  }, DEADLINE);
  t.ok(performance.now() - since < 5_000, 'the other has taken over, and answers what was recorded there');
  t.ok(other);
  t.same(await differences(second), []);
  t.equal(second.complaints(), '');
});

t.test('whoever is not told of an event finds it within about a second', async (t) => {
  const { url, following } = await loaded(t);
  const { url: elsewhere } = await freshDatabase(t);
  // The first leads everything, and listens where nobody says anything.
  const deaf = await startServerNode(t, { DATABASE_URL: url, DIRECT_DATABASE_URL: elsewhere });
  await waitUntil(() => soleLeader(deaf), DEADLINE);
  const other = await startServerNode(t, { DATABASE_URL: url });
  const count = 5;
  const untold = await timeOf(following(count), other);
  t.ok(untold > ((count - 1) * POLL_MS) / 2, 'nobody has told it');
  t.ok(untold < count * POLL_MS * 2, `${count} events were found one by one in ${Math.round(untold)} ms`);

  deaf.signal('SIGTERM');
  await deaf.ended;
  await waitUntil(() => soleLeader(other), DEADLINE);
  const third = await startServerNode(t, { DATABASE_URL: url });
  const told = await timeOf(following(count), third);
  t.ok(told < untold / 2, `the one that listens has heard of them in ${Math.round(told)} ms`);
});

/** When a node is halted: in the middle of a statement like this, or between it and the next one. */
const MOMENTS: Record<string, { query: string; state: string }> = {
  'loading a table': { query: 'copy %', state: 'active' },
  'emptying a table that is derived': { query: 'truncate %', state: 'active' },
  'ending what was written': { query: '%update%known_until = e.known_until%', state: 'active' },
  'counting what was derived': { query: '%with keyed as%', state: 'active' },
  'making an index': { query: '%create index%', state: 'active' },
};

/** Halts the node as soon as it is seen at such a moment; false where it never is. */
async function haltAt(
  node: ServerNode,
  db: Kysely<LogDatabase>,
  { query, state }: { query: string; state: string },
  isOver: () => boolean,
): Promise<boolean> {
  const halted = await waitUntil(async () => {
    for (let tries = 0; tries < 10; tries++) {
      const { rows } = await sql`
        select pid from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state = ${state}
           and ltrim(query, E' \n') ilike ${query}`.execute(db);
      if (rows.length === 0) continue;
      node.signal('SIGSTOP');
      return 'halted';
    }
    return isOver() && 'over';
  }, DEADLINE);
  return halted === 'halted';
}

async function haltedRebuilds(t: Test, names: string[]): Promise<void> {
  const { url, db, following } = await loaded(t);
  const nodes = [await startServerNode(t, { DATABASE_URL: url }), await startServerNode(t, { DATABASE_URL: url })];
  await waitUntil(() => soleLeader(nodes[0]!), DEADLINE);
  for (const name of names) {
    const [halted, other] = nodes as [ServerNode, ServerNode];
    const before = (await soleLeader(other))!;
    let id = 0;
    let isHalted = false;
    // Some moments are short.
    for (let tries = 0; !isHalted && tries < 5; tries++) {
      let isOver = false;
      ({ id } = await halted.post('/v1/projections/all/rebuilds', {}));
      const rebuilt = overAt(other, id).then(() => (isOver = true));
      isHalted = await haltAt(halted, db, MOMENTS[name]!, () => isOver);
      // The other one may have been the first to see that there is something to build.
      const { rows } = await sql`select 1 from log.projection_run where rebuild = ${id} and leader = ${before}`.execute(
        db,
      );
      if (isHalted && rows.length > 0) break;
      isHalted = false;
      halted.signal('SIGCONT');
      await rebuilt;
    }
    t.ok(isHalted, `it was halted while ${name}`);
    const complaints = halted.complaints().length;
    const sequence = await other.record(...following(20));
    const rebuild = await overAt(other, id);
    t.match(rebuild, { state: 'switched', attempt: 2 }, `the other one ends the rebuild that was halted while ${name}`);
    t.equal(rebuild.comparison.equal, true, `what stood before was right, halted while ${name}`);
    t.ok(
      await waitUntil(async () => {
        const leader = await soleLeader(other);
        return leader !== undefined && leader !== before;
      }, DEADLINE),
      'and leads',
    );
    halted.signal('SIGCONT');
    await waitUntil(() => halted.complaints().includes('A rebuild was interrupted', complaints), 5_000);
    const last = await other.record(...following(20));
    t.same(await answersAt(halted, last), await answersAt(other, last), `both answer the same, halted while ${name}`);
    for (const { sequence: reached } of await answersAt(halted, sequence)) t.equal(reached, last);
    t.equal((await other.get(`/v1/rebuilds/${id}`)).state, 'switched');
    nodes.reverse();
  }
  t.same(await differences(nodes[0]!), [], `nothing was written by one that had been halted while ${names.join(', ')}`);
}

t.test('halted in the middle of a page, a node is fenced off', async (t) => {
  const { url, db, following } = await loaded(t);
  const nodes = [await startServerNode(t, { DATABASE_URL: url }), await startServerNode(t, { DATABASE_URL: url })];
  await waitUntil(() => soleLeader(nodes[0]!), DEADLINE);
  const runs = async () =>
    (
      await sql<{ leader: string; term: number }>`
      select leader, term from log.projection_run where role = 'live' order by id`.execute(db)
    ).rows;
  const inPage = { query: '%', state: 'idle in transaction' };
  for (let round = 0; round < 3; round++) {
    const [halted, other] = nodes as [ServerNode, ServerNode];
    const before = await runs();
    let isHalted = false;
    let last = 0;
    while (!isHalted) {
      let isOver = false;
      const recording = other.record(...following(200)).finally(() => (isOver = true));
      isHalted = await haltAt(halted, db, inPage, () => isOver);
      last = await recording;
    }
    const leader = await waitUntil(async () => {
      const found = await soleLeader(other);
      return found !== before[0]!.leader && found;
    }, DEADLINE);
    t.ok(leader, 'the other one takes over');
    const after = await runs();
    t.ok(after.every((run, n) => run.leader === leader && run.term > before[n]!.term));
    await answersAt(other, last);
    halted.signal('SIGCONT');
    const sequence = await other.record(...following(50));
    t.same(await answersAt(halted, sequence), await answersAt(other, sequence), 'both answer the same');
    await pause(LEASE_MS);
    t.same(await runs(), after, 'it does not take the lead back');
    nodes.reverse();
  }
  t.same(await differences(nodes[0]!), [], 'nothing was written twice');
});

t.test('halted in the middle of a rebuild, a node is fenced off', async (t) => {
  await haltedRebuilds(t, Object.keys(MOMENTS));
});

t.test('halted while it switches, a node keeps neither the rebuild nor what is live to itself', async (t) => {
  const { url, db, following } = await loaded(t);
  const halted = await startServerNode(t, { DATABASE_URL: url });
  await waitUntil(() => soleLeader(halted), DEADLINE);
  const other = await startServerNode(t, { DATABASE_URL: url });
  const { id } = await halted.post('/v1/projections/all/rebuilds', {});
  // Held until it waits for it: from then on it is in the middle of the transaction that switches.
  await db.transaction().execute(async (transaction) => {
    await waitUntil(async () => (await other.get(`/v1/rebuilds/${id}`)).phase === 'comparing', DEADLINE);
    await sql`select 1 from log.rebuild where id = ${id} for update`.execute(transaction);
    await waitUntil(async () => {
      const { rows } = await sql`
        select pid from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query ilike '%rebuild%for update%'`.execute(
        db,
      );
      return rows.length > 0;
    }, DEADLINE);
    halted.signal('SIGSTOP');
  });
  t.match(await overAt(other, id), { state: 'switched', attempt: 2 }, 'the other one ends the rebuild');
  t.ok(await waitUntil(() => soleLeader(other), DEADLINE), 'and leads');
  await answersAt(other, await other.record(...following(20)));
  halted.signal('SIGCONT');
  const last = await other.record(...following(20));
  t.same(await answersAt(halted, last), await answersAt(other, last), 'both answer the same');
  t.same(await differences(other), []);
});

t.test('it works through a proxy that pools transactions, woken on a connection of its own', async (t) => {
  const { url, db, following } = await loaded(t);
  const proxy = await openPoolingProxy(t, url, 16);
  const through = { DATABASE_URL: proxy.url, DIRECT_DATABASE_URL: url };
  const [first, second] = [await startServerNode(t, through), await startServerNode(t, through)];
  const leader = (await waitUntil(() => soleLeader(first), DEADLINE))!;
  const sequence = await second.record(...following(200));
  t.same(await answersAt(first, sequence), await answersAt(second, sequence));
  t.match(await first.post('/v1/events', { ...position('state-1', 'issue-1', 1, '2024-11-15') }), {
    type: 'PositionStated',
  });
  const told = await timeOf(following(5), second);
  t.ok(told < (5 * POLL_MS) / 2, `it has heard of five events in ${Math.round(told)} ms`);

  const { id } = await second.post('/v1/projections/all/rebuilds', {});
  t.match(await overAt(second, id), { state: 'switched', attempt: 1, comparison: { equal: true } });
  const halfway = await first.post('/v1/projections/all/rebuilds', {});
  await waitUntil(async () => (await second.get(`/v1/rebuilds/${halfway.id}`)).phase !== 'waiting', DEADLINE);
  first.signal('SIGKILL');
  t.match(await overAt(second, halfway.id), { state: 'switched', comparison: { equal: true } });
  const other = await waitUntil(() => soleLeader(second), DEADLINE);
  t.ok(other && other !== leader, 'the other one leads');
  const last = await second.record(...following(20));
  for (const { sequence: reached } of await answersAt(second, last)) t.equal(reached, last);
  t.same(await differences(second), []);

  t.same(
    second
      .complaints()
      .split('\n')
      .filter((line) => line !== '' && !line.includes('"Fenced"')),
    [],
    'nothing went wrong',
  );
  const { rows } = await sql<{ name: string }>`
    select application_name as name from pg_stat_activity
     where datname = current_database() and application_name like 'demarche%' and pid <> pg_backend_pid()`.execute(db);
  t.ok(rows.length > 0 && rows.every(({ name }) => name === 'demarche listener' || name === 'demarche'));
  t.ok(
    proxy.used().some(({ servers }) => servers > 4),
    'a session has had many connections to the server',
  );
});

t.test('listening through such a proxy hears nothing, and costs no more than about a second', async (t) => {
  const { url, following } = await loaded(t);
  const proxy = await openPoolingProxy(t, url, 16);
  const first = await startServerNode(t, { DATABASE_URL: proxy.url });
  await waitUntil(() => soleLeader(first), DEADLINE);
  const other = await startServerNode(t, { DATABASE_URL: url });
  const count = 5;
  const untold = await timeOf(following(count), other);
  t.ok(untold > ((count - 1) * POLL_MS) / 2, 'nothing was heard');
  t.ok(untold < count * POLL_MS * 2, `${count} events were found one by one in ${Math.round(untold)} ms`);
});
