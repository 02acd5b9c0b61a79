// Several rebuilds at a time, with readers and writers beside them: none stands in another's way, and who must wait is told for
// whom; one that is cancelled leaves nothing.
import { sql } from 'kysely';
import t from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { Projection } from '../src/projections/projection.ts';
import { projections } from '../src/projections/every-projection.ts';
import type { Rebuild } from '../src/projections/rebuild.ts';
import { CAST, issue, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import {
  DEADLINE,
  ended,
  freshLog,
  Gate,
  heldBy,
  rebuildOf,
  runSchemas,
  schemasBecome,
  startNode,
  statement,
  statusOf,
  tally,
  words,
  wordsIn,
} from './support/replay-node.ts';

t.test('one projection is rebuilt once at a time, and different ones side by side', async (t) => {
  const place = await freshLog(t);
  const gate = new Gate();
  const node = await startNode(t, place, [heldBy(gate, words()), tally], [gate]);
  await node.record(...CAST, statement('first'));
  const { body: first } = await node.post('/v1/projections/words/rebuilds', {});
  await gate.reached;
  t.equal((await statusOf(node, 'words')).rebuild, first.id);
  for (const [name, more] of [
    ['words', {}],
    ['all', {}],
    ['words', { dryRun: true }],
    ['words', { until: 3 }],
  ] as const) {
    const { status, type, body } = await node.post(`/v1/projections/${name}/rebuilds`, more);
    t.match([status, body.code, body.rebuild], [409, 'rebuild_conflict', first.id], name);
    t.equal(type, 'application/problem+json; charset=utf-8');
    t.equal(body.detail, `Rebuild ${first.id} of words is under way. Wait for it, or cancel it.`);
  }
  t.match(await rebuildOf(node, 'tally'), { state: 'switched', comparison: { equal: true } }, 'another one meanwhile');
  t.equal((await node.get(`/v1/rebuilds/${first.id}`)).body.state, 'running');
  const next = await node.record(statement('second'));
  t.ok(await node.projector.reaches('words', next, DEADLINE), 'the live one goes on');
  gate.open();
  t.match(await ended(node, first.id), { state: 'switched', sequence: next, comparison: { equal: true } });
  t.same(await wordsIn(place.log), ['first', 'second']);
  const { body: list } = await node.get('/v1/rebuilds?limit=1');
  t.equal(list.items.length, 1);
  const { body: more } = await node.get(`/v1/rebuilds?limit=1&cursor=${list.next}`);
  t.same([list.items[0].id, more.items[0].id, more.next], [first.id + 1, first.id, null]);

  const starts = await Promise.all([1, 2, 3, 4].map(() => node.post('/v1/projections/all/rebuilds', {})));
  t.same(
    starts.map(({ status }) => status).toSorted((a, b) => a - b),
    [202, 409, 409, 409],
    'also when they are asked for at once',
  );
  await ended(node, starts.find(({ status }) => status === 202)!.body.id);
});

t.test('as many as there are projections are rebuilt side by side, however much they write', async (t) => {
  const place = await freshLog(t);
  const letters = 'x'.repeat(1_000);
  let reading = 0;
  const allRead = new Gate();
  const names = ['a', 'b', 'c', 'd'];
  const large = names.map((name): Projection => {
    const plain = words(undefined, 1, name);
    const tables = { ...plain.tables, copy: { ...plain.tables['word']!, kind: 'derived' as const } };
    return {
      ...plain,
      tables,
      derived: {
        page: async () => {},
        async all(workshop) {
          for await (const rows of workshop.pages<{ word: string }>(`select * from ${workshop.schema}.word`)) {
            // Once all of them read, or cannot because the others do.
            if (++reading === names.length) allRead.open();
            await Promise.race([allRead.pass(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
            for (const row of rows) for (let n = 0; n < 7_000; n++) await workshop.write('copy', tables.copy, [row]);
          }
        },
      },
    };
  });
  const node = await startNode(t, place, large, [allRead]);
  await node.record(...CAST, statement(letters));
  const started = await Promise.all(names.map((name) => node.post(`/v1/projections/${name}/rebuilds`, {})));
  for (const { body } of started) t.equal((await ended(node, body.id)).state, 'switched');
});

t.test('a rebuild that is cancelled leaves nothing behind', async (t) => {
  const place = await freshLog(t);
  const gate = new Gate();
  const node = await startNode(t, place, [heldBy(gate, words()), tally], [gate]);
  await node.record(...CAST, statement('first'));
  const [live] = await runSchemas(place.log, 'words');
  const { body: begun } = await node.post('/v1/projections/words/rebuilds', {});
  await gate.reached;
  t.equal((await runSchemas(place.log, 'words')).length, 2);
  const cancelled = await node.delete(`/v1/rebuilds/${begun.id}`);
  t.match(cancelled, { status: 200, body: { state: 'cancelled', phase: 'finished', error: null } });
  t.ok(cancelled.body.finished);
  t.same(await schemasBecome(place.log, 'words', 1), [live], 'while its node is still busy with it');
  gate.open();
  t.ok(await waitUntil(() => node.errors.length > 0, DEADLINE), 'the node has noticed');
  t.equal((await node.get(`/v1/rebuilds/${begun.id}`)).body.state, 'cancelled');
  t.equal((await node.delete(`/v1/rebuilds/${begun.id}`)).body.state, 'cancelled', 'again is no error');
  t.same(await schemasBecome(place.log, 'words', 1), [live]);
  t.ok(
    await waitUntil(async () => (await wordsIn(place.log)).join() === 'first', DEADLINE),
    'what is live was not touched',
  );
  const { rows } = await sql`select id from log.projection_run where rebuild = ${begun.id}`.execute(place.log.db);
  t.same(rows, []);
  t.match(await rebuildOf(node, 'words'), { state: 'switched' }, 'and the next one may come');
});

t.test(
  'readers see no error, nothing missing and no step back while everything is rebuilt under their feet',
  async (t) => {
    const demarche = await startDemarche(t);
    const { projector, get, post } = demarche;
    const last = await demarche.record(...CAST, position('kremlin', 'troop-withdrawal', -2, '2024-06'));
    await Promise.all(projections.map(({ name }) => projector.reaches(name, last, DEADLINE)));
    const state = { done: false };
    let recorded = last;
    const recording = (async () => {
      for (let n = 0; !state.done; n++) recorded = await demarche.record(statement(`number ${n}`), issue(`issue-${n}`));
    })();
    const questions = [
      ['/v1/positions/russia/troop-withdrawal', (body: any) => body.series.length === 1],
      ['/v1/issues?limit=1000', (body: any) => body.items.length >= 2],
      ['/v1/actors', (body: any) => body.items.length === 6],
      ['/v1/events?limit=1000', (body: any) => body.items.length >= 1],
      ['/v1/evidence', (body: any) => body.items.length >= 1],
    ] as const;
    let answers = 0;
    const readers = questions.map(async ([path, isWhole]) => {
      let reached = last;
      let items = 0;
      while (!state.done) {
        const least = recorded;
        const plain = await get(path);
        const waited = await get(`${path}${path.includes('?') ? '&' : '?'}minSequence=${least}`);
        for (const { status, body } of [plain, waited]) {
          if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
          if (!isWhole(body)) throw new Error(`${path} is not whole: ${JSON.stringify(body)}`);
          if (body.sequence < reached) throw new Error(`${path} fell from ${reached} to ${body.sequence}`);
          if ((body.items?.length ?? 0) < Math.min(items, 100)) throw new Error(`${path} lost items`);
          reached = body.sequence;
          items = body.items?.length ?? 0;
          answers++;
        }
        if (waited.body.sequence < least) throw new Error(`${path} does not reflect ${least}`);
      }
    });
    const all = Promise.all([recording, ...readers]);
    all.catch(() => (state.done = true));
    for (let n = 0; n < 2 && !state.done; n++) {
      const over = await rebuildOf({ get, post }, 'all');
      t.match(over, { state: 'switched', comparison: { equal: true } });
      t.equal((await post(`/v1/rebuilds/${over.id}/switch-back`, undefined)).status, 202);
      t.equal((await ended({ get }, over.id)).state, 'switched_back');
    }
    state.done = true;
    await all;
    t.ok(answers > 50, `${answers} answers`);
  },
);

t.test('an unfinished rebuild tells how far it is', async (t) => {
  const place = await freshLog(t);
  const gate = new Gate();
  const node = await startNode(t, place, [heldBy(gate, words())], [gate]);
  const last = await node.record(...CAST, statement('first'));
  const { body } = await node.post('/v1/projections/words/rebuilds', {});
  await gate.reached;
  const known = await waitUntil<Rebuild | undefined>(async () => {
    const found = (await node.get(`/v1/rebuilds/${body.id}`)).body;
    return found.sequence === last ? found : undefined;
  }, DEADLINE);
  t.match(known, { state: 'running', attempt: 1, total: last, sequence: last, finished: null, comparison: null });
  t.ok(known!.share > 0 && known!.share < 1);
  t.ok(known!.eventsPerSecond! > 0 && known!.secondsLeft! >= 0);
});
