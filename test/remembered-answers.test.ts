// Answers that are given a second time without asking the database: never older than what was applied when the question came.
import { setTimeout as pause } from 'node:timers/promises';
import { sql, type KyselyPlugin } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import { CAST, position } from './support/cast.ts';
import { DEADLINE, freshLog, Gate, liveSchema, rebuildOf, startNode, type Place } from './support/replay-node.ts';

const QUESTION = '/v1/positions/russia/troop-withdrawal';

/** A node whose questions to the read models are counted, and may be held. */
async function countingNode(t: Test, { url, log }: Place, gate?: Gate) {
  let questions = 0;
  const asked = new Set<unknown>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (node.kind === 'RawNode' && node.sqlFragments.some((part) => part.includes('r.checkpoint as sequence'))) {
        questions++;
        asked.add(queryId);
      }
      return node;
    },
    async transformResult({ result, queryId }) {
      if (asked.has(queryId)) await gate?.pass();
      return result;
    },
  };
  const counted = { url, log: { ...log, db: log.db.withPlugin(plugin) } };
  const node = await startNode(t, counted, undefined, gate ? [gate] : []);
  return {
    ...node,
    questions: () => questions,
    ask: (path: string, headers: Record<string, string> = {}) => node.app.inject({ url: path, headers }),
    /** Records events, and waits until this node knows that they were applied. */
    recordAll: async (...events: object[]): Promise<number> => {
      const sequence = await node.record(...events);
      await waitUntil(async () => (await node.projector.standing('positions'))?.checkpoint === sequence, DEADLINE);
      return sequence;
    },
  };
}

const said = (value: number, day = '2024-11-15') => position('russia', 'troop-withdrawal', value, day);

t.test('what was answered is answered again until something is applied', async (t) => {
  const { ask, recordAll, questions } = await countingNode(t, await freshLog(t));
  await recordAll(...CAST, said(1));
  const first = await ask(QUESTION);
  t.match(first, { statusCode: 200, headers: { etag: /^".+"$/, 'content-type': /^application\/json/ } });
  const asked = questions();
  const again = await ask(QUESTION);
  t.equal(again.body, first.body);
  for (const header of ['etag', 'content-type', 'link']) t.equal(again.headers[header], first.headers[header], header);
  const unchanged = await ask(QUESTION, { 'if-none-match': first.headers['etag'] as string });
  t.match({ status: unchanged.statusCode, body: unchanged.body }, { status: 304, body: '' });
  t.equal(questions(), asked, 'without asking the database');

  const last = await recordAll(said(-2, '2024-11-16'));
  const changed = await ask(QUESTION, { 'if-none-match': first.headers['etag'] as string });
  t.match(changed.json(), { sequence: last, current: { position: -2 } });
  t.equal(questions(), asked + 1);
  await recordAll(position('ukraine', 'territorial-settlement', 2, '2024-11-16'));
  t.equal((await ask(QUESTION)).json().sequence, last + 1, 'an answer says how far it reaches, so it is asked anew');
});

t.test('a page links to the next, from memory too', async (t) => {
  const { ask, recordAll } = await countingNode(t, await freshLog(t));
  await recordAll(...CAST, said(1), said(2, '2024-11-16'));
  const page = `${QUESTION}?limit=1`;
  const { link } = (await ask(page)).headers;
  t.match(link, /rel="next"/);
  t.equal((await ask(page)).headers['link'], link);
});

t.test('a question that must reflect a sequence is never given an older answer', async (t) => {
  const node = await countingNode(t, await freshLog(t));
  await node.record(...CAST);
  for (let n = 0; n < 40; n++) {
    await node.ask(QUESTION);
    const sequence = await node.record(said((n % 5) - 2, `2024-10-${String((n % 28) + 1).padStart(2, '0')}`));
    const { body } = await node.get(`${QUESTION}?minSequence=${sequence}`);
    t.ok(body.sequence >= sequence);
    t.equal(body.series.filter(({ sequence: own }: { sequence: number }) => own === sequence).length, 1);
  }
});

t.test('what is asked at the same time is asked of the database once', async (t) => {
  const gate = new Gate();
  const { ask, recordAll, questions } = await countingNode(t, await freshLog(t), gate);
  gate.open();
  await recordAll(...CAST, said(1));
  const before = questions();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(QUESTION)));
  t.equal(new Set(answers.map(({ body }) => body)).size, 1);
  t.ok(answers.every(({ statusCode }) => statusCode === 200));
  t.equal(questions(), before + 1);
});

t.test('whoever asked first may go away: the others have the answer all the same', async (t) => {
  const gate = new Gate();
  const { app, ask, recordAll, questions } = await countingNode(t, await freshLog(t), gate);
  await recordAll(...CAST, said(1));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const before = questions();
  const leaving = new AbortController();
  const first = fetch(url + QUESTION, { signal: leaving.signal });
  t.ok(await waitUntil(() => questions() === before + 1, DEADLINE));
  const others = Array.from({ length: 10 }, () => ask(QUESTION));
  leaving.abort();
  await t.rejects(first);
  await pause(50);
  gate.open();
  for (const { statusCode } of await Promise.all(others)) t.equal(statusCode, 200);
  t.equal(questions(), before + 1);
});

t.test('nobody waits twice for what is not there yet', async (t) => {
  const { ask, recordAll } = await countingNode(t, await freshLog(t));
  const sequence = await recordAll(...CAST, said(1));
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 3 }, () => ask(`${QUESTION}?minSequence=${sequence + 100}`)));
  for (const { statusCode } of answers) t.equal(statusCode, 503);
  t.ok(performance.now() - began < 8_000, 'five seconds are waited');
});

t.test('whoever shares a question that failed asks it alone', async (t) => {
  const place = await freshLog(t);
  const { ask, recordAll } = await countingNode(t, place);
  await recordAll(...CAST, said(1));
  const schema = await liveSchema(place.log, 'positions');
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.id(schema, from)} rename to ${sql.id(to)}`.execute(place.log.db);
  await rename('series', 'hidden');
  const failed = await Promise.all(Array.from({ length: 5 }, () => ask('/v1/issues/troop-withdrawal/positions')));
  t.ok(failed.every(({ statusCode }) => statusCode === 500));
  await rename('hidden', 'series');
  t.equal((await ask('/v1/issues/troop-withdrawal/positions')).statusCode, 200);
});

t.test('what does not depend on the read model alone is asked anew', async (t) => {
  const { ask, recordAll, get, post, questions } = await countingNode(t, await freshLog(t));
  const sequence = await recordAll(...CAST, said(1));
  const asksTwice = async (path: string, status = 200) => {
    t.equal((await ask(path)).statusCode, status, path);
    const before = questions();
    t.equal((await ask(path)).statusCode, status, path);
    return questions() - before;
  };
  t.equal(await asksTwice(`${QUESTION}?knownAt=${sequence}`), 0, 'a sequence lasts');
  t.equal(await asksTwice(`${QUESTION}?knownAt=2030-01-01`), 1, 'a moment does not');
  t.equal(await asksTwice(`${QUESTION}?known%41t=2030-01-01`), 1, 'however it is written');
  const { id } = (await post('/v1/projections/positions/rebuilds', { until: sequence, leaveOut: { events: [] } })).body;
  t.ok(await waitUntil(async () => (await get(`/v1/rebuilds/${id}`)).body.state === 'scratch', DEADLINE));
  t.equal(await asksTwice(`${QUESTION}?projectionRun=${id}`), 1, 'nor does a what-if, which may be dropped');
  t.equal((await ask('/v1/positions/nobody/troop-withdrawal')).statusCode, 404);
  await recordAll({
    type: 'ActorRegistered',
    occurred: '2024-11-15',
    data: { actor: 'nobody', kind: 'person', name: 'N' },
  });
  t.equal((await ask('/v1/positions/nobody/troop-withdrawal')).statusCode, 200, 'what was not found may be later');
});

t.test('a read model that takes the place of another is asked anew', async (t) => {
  const place = await freshLog(t);
  const node = await countingNode(t, place);
  await node.recordAll(...CAST, said(1));
  const schema = await liveSchema(place.log, 'positions');
  await sql`update ${sql.id(schema, 'assertion')} set position = -1`.execute(place.log.db);
  t.equal((await node.ask(QUESTION)).json().current.position, -1, 'what somebody has tampered with');
  t.match(await rebuildOf(node, 'positions'), { state: 'switched' });
  t.ok(await waitUntil(async () => (await node.ask(QUESTION)).json().current.position === 1, DEADLINE));
});

t.test('a node that does not lead a projection finds what another has applied', async (t) => {
  const place = await freshLog(t);
  const leader = await countingNode(t, place);
  await leader.recordAll(...CAST, said(1));
  const other = await countingNode(t, place);
  t.equal((await other.ask(QUESTION)).json().current.position, 1);
  const asked = other.questions();
  t.equal((await other.ask(QUESTION)).json().current.position, 1);
  t.equal(other.questions(), asked, 'it remembers too');
  await leader.recordAll(said(-2, '2024-11-16'));
  t.equal((await other.ask(QUESTION)).json().current.position, -2, 'at once');
});
