// Read models whose code has changed: with the same version, with a raised one, with other tables; and events that a projection
// cannot take, while it is live, while it is rebuilt, while its next version is built.
import { sql } from 'kysely';
import t from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogStore } from '../src/events/log-database.ts';
import { issues } from '../src/projections/issues.ts';
import type { Projection } from '../src/projections/projection.ts';
import { projections } from '../src/projections/every-projection.ts';
import { ReadModel } from '../src/projections/read-model.ts';
import { textOrNull } from '../src/projections/table.ts';
import { CAST, issue } from './support/cast.ts';
import { idOf } from './support/oracle-log.ts';
import {
  DEADLINE,
  ended,
  freshLog,
  Gate,
  heldBy,
  phrases,
  poisoned,
  rebuildOf,
  type ReplayNode,
  runSchemas,
  schemasBecome,
  startNode,
  statement,
  statusOf,
  tally,
  words,
  wordsIn,
} from './support/replay-node.ts';

const loud = (summary: string) => summary.toUpperCase();

/** What a node answers from `words`, by the code that it runs: the first ones, in the order of the log. */
async function answerOf({ projector }: ReplayNode, projection: Projection, limit = 100_000) {
  const model = new ReadModel<any>({ runs: projector.answering, rebuild: null }, projection);
  const [[table]] = Object.entries(projection.tables) as [[string, object]];
  const rows = model.tables
    .selectFrom(table as never)
    .selectAll()
    .orderBy('sequence' as never)
    .limit(limit);
  const { sequence, found } = await model.ask({ found: rows });
  return { sequence, said: (found as any[]).map(({ word, phrase }) => word ?? phrase) };
}

async function reach(log: LogStore, projection: Projection, checkpoint: number): Promise<boolean> {
  const { name, version } = projection;
  const found = await waitUntil(async () => {
    const run = await log.db
      .withSchema(log.schema)
      .selectFrom('projection_run')
      .select('checkpoint')
      .where('projection', '=', name)
      .where('version', '=', version)
      .where('role', '=', 'live')
      .executeTakeFirst();
    return run !== undefined && run.checkpoint >= checkpoint;
  }, DEADLINE);
  return found === true;
}

t.test('what changed without a new version is told by a dry run, and mended by a rebuild', async (t) => {
  const place = await freshLog(t);
  const former = await startNode(t, place, [words()]);
  const last = await former.record(...CAST, statement('first'), statement('second'));
  t.ok(await former.projector.reaches('words', last, DEADLINE));
  await former.stop();
  const node = await startNode(t, place, [words(loud)]);
  t.same(await wordsIn(place.log), ['first', 'second']);
  const { comparison } = await rebuildOf(node, 'words', { dryRun: true });
  t.match(comparison, { equal: false, sequence: last });
  t.match(comparison!.tables, [{ table: 'word', onlyLive: 0, onlyRebuilt: 0, differing: 2 }]);
  t.match(comparison!.tables[0]!.examples, [
    { sequence: last - 1, live: { word: 'first' }, rebuilt: { word: 'FIRST' } },
    { sequence: last, live: { word: 'second' }, rebuilt: { word: 'SECOND' } },
  ]);
  t.same(await wordsIn(place.log), ['first', 'second']);
  t.equal((await rebuildOf(node, 'words')).state, 'switched');
  t.same(await wordsIn(place.log), ['FIRST', 'SECOND']);
  t.equal((await rebuildOf(node, 'words', { dryRun: true })).comparison!.equal, true);
});

t.test('a new version with the same tables is built while the former one answers, on both nodes', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const gate = new Gate();
  const [v1, v2] = [words(), words(loud, 2)];
  const former = await startNode(t, place, [v1]);
  const last = await former.record(...CAST, statement('first'));
  t.ok(await former.projector.reaches('words', last, DEADLINE));
  const node = await startNode(t, place, [heldBy(gate, v2)], [gate]);
  await gate.reached;
  t.match((await node.get('/v1/rebuilds')).body.items, [{ id: 1, reason: 'version', state: 'running' }]);
  t.match(await statusOf(node, 'words'), { version: 2, state: 'building', rebuild: 1 });
  const next = await node.record(statement('second'));
  for (const one of [former, node]) {
    t.ok(await one.projector.reaches('words', next, DEADLINE));
    t.same(await answerOf(one, one === node ? v2 : v1), { sequence: next, said: ['first', 'second'] });
  }
  const refused = await node.post('/v1/projections/words/rebuilds', {});
  t.match(refused, { status: 409, body: { rebuild: 1 } });

  gate.open();
  t.match(await ended(node, 1), { state: 'switched', sequence: next, comparison: { equal: false } });
  t.same(await answerOf(node, v2), { sequence: next, said: ['FIRST', 'SECOND'] });
  t.same(await answerOf(former, v1), { sequence: next, said: ['first', 'second'] }, 'the former node keeps its own');
  const third = await former.record(statement('third'));
  t.ok(await reach(log, v1, third));
  t.ok(await reach(log, v2, third), 'both go on');
  t.same(await answerOf(node, v2), { sequence: third, said: ['FIRST', 'SECOND', 'THIRD'] });
  t.same(await answerOf(former, v1), { sequence: third, said: ['first', 'second', 'third'] });
  t.match(await statusOf(former, 'words'), { version: 2, state: 'live', checkpoint: third });
  const restarted = await startNode(t, place, [v2]);
  t.equal((await restarted.get('/v1/rebuilds')).body.items.length, 1, 'it is built once');
  t.match(await rebuildOf(node, 'words', {}), { state: 'switched', comparison: { equal: true } });
  t.same(await answerOf(former, v1), { sequence: third, said: ['first', 'second', 'third'] });
  t.same([former.errors, node.errors], [[], []]);
});

t.test('a new version with other tables answers as soon as it is built, and says so until then', async (t) => {
  const place = await freshLog(t);
  const gate = new Gate();
  const tables = Object.fromEntries(
    Object.entries(issues.tables).map(([name, own]) => [
      name,
      { ...own, columns: { ...own.columns, bygone: textOrNull } },
    ]),
  );
  const bygone = { ...issues, version: issues.version - 1, tables } as unknown as Projection;
  const others = projections.filter(({ name }) => name !== 'issues');
  const former = await startNode(t, place, [...others, bygone]);
  const last = await former.record(...CAST, issue('grain'));
  await Promise.all(projections.map(({ name }) => former.projector.reaches(name, last, DEADLINE)));
  const built = projections.find(({ name }) => name === 'issues')!;
  const node = await startNode(t, place, [...others, heldBy(gate, built)], [gate]);
  await gate.reached;
  for (const path of ['/v1/issues', '/v1/issues/grain']) {
    const { status, type, body } = await node.get(path);
    t.match([status, type, body.code], [503, /^application\/problem\+json/, 'not_built_yet']);
    t.equal(body.detail, 'issues is being built, see /v1/rebuilds/1.');
  }
  t.equal((await node.get('/v1/actors')).status, 200, 'whatever is built answers');
  t.match(await statusOf(node, 'issues'), { version: bygone.version + 1, state: 'building', rebuild: 1 });
  const next = await former.record(issue('sanctions'));
  gate.open();
  t.match(await ended(node, 1), { state: 'switched', projections: ['issues'], sequence: next, comparison: null });
  const { status, body } = await node.get(`/v1/issues?minSequence=${next}`);
  t.match([status, body.items.length], [200, 4]);
  t.ok(await former.projector.reaches('issues', next, DEADLINE), 'the former one is kept up for its own nodes');
  t.same([former.errors, node.errors], [[], []]);
});

t.test('whoever reads while a new version takes over sees no step back', async (t) => {
  const place = await freshLog(t);
  const first = await startNode(t, place, [words()]);
  await first.record(...CAST, statement('first'));
  const state = { done: false };
  const recording = (async () => {
    for (let n = 0; !state.done; n++) await first.record(statement(`number ${n}`));
  })();
  const falls: string[] = [];
  for (let version = 2; version <= 7; version++) {
    const next = words(loud, version);
    const node = await startNode(t, place, [next]);
    let reached = 0;
    const isBuilt = await waitUntil(async () => {
      const { sequence, said } = await answerOf(node, next, 1);
      if (sequence < reached) falls.push(`version ${version} fell from ${reached} to ${sequence}`);
      reached = sequence;
      return said[0] === 'FIRST';
    }, DEADLINE);
    t.ok(isBuilt);
    await node.stop();
  }
  state.done = true;
  await recording;
  t.same(falls, []);
});

t.test('an event that a projection cannot take is named, skipped on demand, and passed over for good', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const node = await startNode(t, place, [words(poisoned), tally]);
  await node.record(...CAST, statement('first'), { id: idOf(1), ...statement('poison') }, statement('third'));
  const culprit = CAST.length + 2;
  const failed = { sequence: culprit, type: 'StatementMade', error: 'There is no word for that.' };
  await waitUntil(async () => (await statusOf(node, 'words')).failed !== null, DEADLINE);
  t.match(await statusOf(node, 'words'), { checkpoint: culprit - 1, lag: 2, failed, skipped: [] });
  const { body: ready } = await node.get('/health/ready');
  t.match(ready, {
    status: 'degraded',
    projections: [
      { name: 'tally', failed: null },
      { name: 'words', failed },
    ],
  });
  t.ok(await node.projector.reaches('tally', culprit + 1, DEADLINE));

  for (const [name, sequence] of [
    ['words', culprit - 1],
    ['words', culprit + 1],
    ['tally', culprit],
  ] as const) {
    const { status, body } = await node.post(`/v1/projections/${name}/skips`, { sequence, reason: 'Because' });
    t.equal(status, 400);
    const expected = `the event at which ${name} stands still`;
    t.same(body.errors, [{ pointer: '/sequence', found: `${sequence}`, expected }]);
  }
  t.match(await statusOf(node, 'words'), { failed, skipped: [] }, 'nothing is skipped by that');
  for (const name of ['all', 'nothing'])
    t.equal((await node.post(`/v1/projections/${name}/skips`, { sequence: culprit, reason: 'Because' })).status, 404);

  const skip = { sequence: culprit, reason: 'No word for it; see issue 17' };
  const taken = await node.post('/v1/projections/words/skips', skip);
  t.match(taken, { status: 201, body: { projection: 'words', ...skip } });
  t.ok(await reach(log, words(), culprit + 1), 'it goes on');
  t.same(await wordsIn(log), ['first', 'third']);
  const status = await statusOf(node, 'words');
  t.match(status, { failed: null, lag: 0, skipped: [skip] });
  t.ok(Date.parse(status.skipped[0].recorded) <= Date.now());
  t.equal((await node.get('/health/ready')).body.status, 'ready');
  t.equal((await node.post('/v1/projections/words/skips', skip)).status, 400, 'it does not stand still any more');

  t.match(await rebuildOf(node, 'words'), { state: 'switched', comparison: { equal: true } });
  t.same(await wordsIn(log), ['first', 'third']);
  // What corrects the event is another event, and is taken.
  const replacement = { data: { speaker: 'kremlin', summary: 'mended' } };
  const last = await node.record({
    type: 'EventCorrected',
    occurred: '2024-11-16',
    data: { event: idOf(1), reason: 'There is a word', replacement },
  });
  t.ok(await reach(log, words(), last));
  t.match(await rebuildOf(node, 'words'), { state: 'switched', comparison: { equal: true } });
  t.same(await wordsIn(log), ['first', 'mended', 'third']);
  t.match((await statusOf(node, 'words')).skipped, [skip], 'and stays on record');
});

t.test('a rebuild that meets an event it cannot take fails, names it, and leaves what is live alone', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const former = await startNode(t, place, [words(), tally]);
  const last = await former.record(...CAST, statement('first'), statement('poison'), statement('third'));
  t.ok(await former.projector.reaches('words', last, DEADLINE));
  await former.stop();
  const node = await startNode(t, place, [words(poisoned), tally]);
  const before = await runSchemas(log);
  const error = `Event ${last - 1} (StatementMade) could not be applied: There is no word for that.`;
  for (const name of ['words', 'all']) {
    t.match(await rebuildOf(node, name), { state: 'failed', error, comparison: null, phase: 'finished' });
    t.same(await schemasBecome(log, '', before.length), before);
  }
  t.match(await statusOf(node, 'words'), { checkpoint: last, failed: null, rebuild: null });
  t.same(await wordsIn(log), ['first', 'poison', 'third']);
  t.match(await rebuildOf(node, 'words', { until: last - 2 }), { state: 'scratch' }, 'up to there it can be built');
});

t.test('of two new versions, the one that can be built is', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const former = await startNode(t, place, [words(), words(undefined, 1, 'others')]);
  const last = await former.record(...CAST, statement('first'), statement('poison'), statement('third'));
  for (const name of ['words', 'others']) t.ok(await former.projector.reaches(name, last, DEADLINE));
  const [bad, good] = [words((summary) => loud(poisoned(summary)), 2), words(loud, 2, 'others')];
  const node = await startNode(t, place, [bad, good]);
  t.match(await ended(node, 1), { reason: 'version', projections: ['words', 'others'], state: 'switched' });
  t.same((await answerOf(node, good)).said, ['FIRST', 'POISON', 'THIRD']);
  t.same((await answerOf(node, bad)).said, ['first', 'poison', 'third'], 'the former version still answers');
  t.equal(node.errors.find(({ rebuild }) => rebuild === 1)?.err.message.includes(`Event ${last - 1}`), true);
  const next = await node.record(statement('fourth'));
  t.ok(await reach(log, words(), next), 'and goes on');
  t.ok(await reach(log, good, next));
  await node.stop();

  const mended = await startNode(t, place, [words(loud, 2), good]);
  t.match(await ended(mended, 2), { reason: 'version', projections: ['words'], state: 'switched' });
  t.same((await answerOf(mended, words(loud, 2))).said, ['FIRST', 'POISON', 'THIRD', 'FOURTH']);
  t.equal((await schemasBecome(log, 'words', 2)).length, 2, 'the failed attempt is cleared away');
});

t.test('one event after the other is passed over, whoever takes the lead meanwhile', async (t) => {
  const place = await freshLog(t);
  const node = await startNode(t, place, [words(poisoned), tally]);
  await node.record(...CAST);
  for (let n = 0; n < 12; n++) {
    const culprit = await node.record(statement('poison'));
    t.ok(await waitUntil(async () => (await statusOf(node, 'words')).failed !== null, DEADLINE), 'it stands still');
    const skip = { sequence: culprit, reason: 'There is no word for it' };
    t.equal((await node.post('/v1/projections/words/skips', skip)).status, 201);
    t.ok(await waitUntil(async () => (await statusOf(node, 'words')).checkpoint === culprit, DEADLINE), 'it goes on');
  }
});

t.test('an event that this code cannot even read is passed over like any other', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const node = await startNode(t, place, [words(), tally]);
  const last = await node.record(...CAST, statement('first'));
  const event = sql.id(log.schema, 'event');
  await sql`
    insert into ${event}
    select sequence + 1, gen_random_uuid(), 'foreign', 1, type, 99, corrects, occurred, content, content_hash, recorded, recorded_by, hash
      from ${event} where sequence = ${last}`.execute(log.db);
  node.projector.wake();
  t.ok(await waitUntil(async () => (await statusOf(node, 'words')).failed?.sequence === last + 1, DEADLINE));
  const skip = { sequence: last + 1, reason: 'It is newer than this code' };
  t.equal((await node.post('/v1/projections/words/skips', skip)).status, 201);
  t.ok(await waitUntil(async () => (await statusOf(node, 'words')).checkpoint === last + 1, DEADLINE));
  t.match(await statusOf(node, 'words'), { failed: null, skipped: [skip] });
  t.match(await statusOf(node, 'tally'), { failed: { sequence: last + 1 } }, 'by this projection alone');
  t.match(await rebuildOf(node, 'words'), { state: 'switched', comparison: { equal: true } });
  t.match(await rebuildOf(node, 'tally'), { state: 'failed' });
});

t.test('what a new version cannot take is named for whoever asks', async (t) => {
  const place = await freshLog(t);
  const former = await startNode(t, place, [words()]);
  const last = await former.record(...CAST, statement('first'), statement('poison'));
  t.ok(await former.projector.reaches('words', last, DEADLINE));
  const other = phrases(poisoned, 2);
  const node = await startNode(t, place, [other]);
  const error = `Event ${last} (StatementMade) could not be applied: There is no word for that.`;
  t.match(await ended(node, 1), { reason: 'version', state: 'failed', error });
  await t.rejects(answerOf(node, other), {
    message: `words cannot be built: it has stopped at event ${last}, see /v1/projections.`,
    isPassing: true,
  });
  const failed = { sequence: last, type: 'StatementMade', error: 'There is no word for that.' };
  const { body } = await node.get('/v1/projections');
  t.ok(
    body.items.some((one: any) => one.failed?.sequence === last),
    'as it is said where the answer points to',
  );
  const { body: ready } = await node.get('/health/ready');
  t.match(ready, {
    status: 'degraded',
    projections: [
      { name: 'words', version: 1, state: 'live', failed: null },
      { name: 'words', version: 2, state: 'building', failed },
    ],
  });
});

t.test(
  'what cannot be derived all at once is taken page by page, until it is known which event is in the way',
  async (t) => {
    const place = await freshLog(t);
    const former = await startNode(t, place, [words(), tally]);
    const last = await former.record(...CAST, statement('first'), statement('poison'), statement('third'));
    const refuse = new Error('Nothing can be derived.');
    const underivable: Projection = {
      ...words(undefined, 2),
      derived: {
        async page({ changes }) {
          if (changes.some(({ after }) => after?.data['summary'] === 'poison')) throw refuse;
        },
        async all() {
          throw refuse;
        },
      },
    };
    const node = await startNode(t, place, [underivable, { ...tally, version: 2 }]);
    t.match(await ended(node, 1), { reason: 'version', state: 'switched' }, 'the other one is built');
    const failed = { sequence: last - 1, type: 'StatementMade', error: refuse.message };
    t.match(await statusOf(node, 'words'), { version: 2, state: 'building', checkpoint: last - 2, failed });
    t.match(await statusOf(node, 'tally'), { version: 2, state: 'live', checkpoint: last, failed: null });
    t.equal((await node.get('/health/ready')).body.status, 'degraded');
  },
);

t.test('a version that goes on without one that failed writes every row once', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const former = await startNode(t, place, [words(), words(undefined, 1, 'others')]);
  await former.record(...CAST);
  let last = 0;
  for (let n = 0; n < 6; n++)
    last = await former.record(...Array.from({ length: 2_000 }, (_, m) => statement(`${2_000 * n + m}`)));
  for (const name of ['words', 'others']) t.ok(await former.projector.reaches(name, last, DEADLINE));
  const fails = (summary: string) => {
    if (summary === '10500') throw new Error('There is no word for that.');
    return summary;
  };
  const node = await startNode(t, place, [words(fails, 2), words(undefined, 2, 'others')]);
  const over = await ended(node, 1);
  t.match(over, { state: 'switched', comparison: { equal: true } });
  const { said } = await answerOf(node, words(undefined, 2, 'others'));
  t.equal(said.length, 12_000);
  t.ok(await reach(log, words(undefined, 2, 'others'), last));
});
