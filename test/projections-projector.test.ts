// How read models follow the log: past nothing they cannot take, once on any number of nodes, in the version of the code beside
// those of other versions, and up to the sequence that a question wants.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql, type KyselyPlugin } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { Fact } from '../src/domain/fact.ts';
import { appendGroup } from '../src/events/append-group.ts';
import type { LogStore } from '../src/events/log-database.ts';
import { buildApp } from '../src/http/app.ts';
import { projections } from '../src/projections/every-projection.ts';
import { type Derived, defineProjection, everyType, type Projection } from '../src/projections/projection.ts';
import { Projector } from '../src/projections/projector.ts';
import { ReadModel } from '../src/projections/read-model.ts';
import { LEASE_MS } from '../src/projections/runs.ts';
import { projectionStatuses, type ProjectionStatus } from '../src/projections/status.ts';
import { table, text, textOrNull } from '../src/projections/table.ts';
import { CAST, position } from './support/cast.ts';
import { type Demarche, startDemarche } from './support/demarche.ts';
import { makeKey } from './support/make-key.ts';
import { idOf } from './support/oracle-log.ts';
import { Gate } from './support/replay-node.ts';

const DEADLINE = 10_000;

/** The summaries of statements, as a handler puts them. */
function words(write: (summary: string) => string, version = 1) {
  const tables = { word: table({ word: text }) };
  return defineProjection({
    name: 'words',
    version,
    tables,
    handlers: { StatementMade: ({ data }) => ({ word: [{ word: write(data.summary) }] }) },
  }) as unknown as Projection;
}

const asTheyAre = (summary: string) => summary;
const shouted = (summary: string) => summary.toUpperCase();

/** Derives nothing, and so does its work while a page is applied or a read model is built. */
function derivedBy(work: () => Promise<void>): Derived {
  return { page: work, all: work };
}

/** Every event, once. */
const tallyTables = { seen: table({ type: text }) };
const tally = defineProjection({
  name: 'tally',
  version: 1,
  tables: tallyTables,
  handlers: everyType<typeof tallyTables>(({ type }: Fact) => ({ seen: [{ type }] })),
}) as unknown as Projection;

/** A node of its own on the log of a Demarche, with projections of its own. */
async function startProjector(
  t: Test,
  { log, pool }: Demarche,
  projections: Projection[],
  isRecordingBusy: () => boolean = () => false,
) {
  const errors: { err: Error; projection: string }[] = [];
  const logger = { info() {}, warn() {}, error: (details: unknown) => void errors.push(details as never) };
  const projector = new Projector({ log, pool, projections, logger, isRecordingBusy });
  t.teardown(() => projector.stop());
  await projector.start();
  return { projector, errors };
}

/** All rows of a table as the node answers with them. */
async function rowsAt({ answering, projections }: Projector, name: string, table: string): Promise<any[]> {
  const projection = projections.find((one) => one.name === name)!;
  const model = new ReadModel({ runs: answering, rebuild: null }, projection);
  const { rows } = await model.ask({ rows: model.tables.selectFrom(table).selectAll().orderBy('sequence') });
  return rows;
}

async function wordsAt(projector: Projector): Promise<string[]> {
  return (await rowsAt(projector, 'words', 'word')).map(({ word }) => word);
}

function isLive(status: ProjectionStatus | undefined, version: number): boolean {
  return status?.version === version && status.state === 'live';
}

/** Of its newest version. */
async function statusOf(log: LogStore, name: string) {
  const { projections } = await projectionStatuses(log);
  return projections.findLast((projection) => projection.name === name);
}

function statement(summary: string): object {
  return { type: 'StatementMade', occurred: '2024-11-15', data: { speaker: 'kremlin', summary } };
}

t.test('an event that a projection cannot take stops this one before it, and nothing else', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post } = demarche;
  const fails = (summary: string) => {
    if (summary === 'poison') throw new Error('There is no word for that.');
    return summary;
  };
  const { projector, errors } = await startProjector(t, demarche, [words(fails), tally]);
  const waiting = projector.reaches('words', CAST.length + 4, 100 * DEADLINE);
  const last = await demarche.record(
    ...CAST,
    statement('first'),
    statement('second'),
    statement('poison'),
    statement('third'),
  );
  const culprit = last - 1;
  t.notOk(await waiting, 'nobody waits for what will not come');
  t.ok(await projector.reaches('tally', last, DEADLINE), 'the other projection goes on');
  t.ok(await waitUntil(async () => (await statusOf(log, 'words'))?.failed ?? undefined, DEADLINE));
  t.same(await wordsAt(projector), ['first', 'second'], 'all before is there');

  const failed = { sequence: culprit, type: 'StatementMade', error: 'There is no word for that.' };
  const { body: listed } = await get('/v1/projections');
  t.equal(listed.sequence, last);
  const stopped = listed.items.find(({ name }: { name: string }) => name === 'words');
  t.match(stopped, { version: 1, checkpoint: culprit - 1, lag: 2, failed });
  t.ok(stopped.lagSeconds > 0);
  const others = listed.items.filter(({ name }: { name: string }) => name !== 'words');
  t.ok(others.length > 1 && others.every(({ failed }: { failed: unknown }) => failed === null));
  const ready = await get('/health/ready');
  t.match(ready, {
    status: 200,
    body: { status: 'degraded', projections: listed.items.map(({ name }: any) => ({ name })) },
  });
  const { headers } = await makeKey(demarche);
  const told = (await get('/health/ready')).body.projections.find(({ name }: { name: string }) => name === 'words');
  t.match(
    told.failed,
    { sequence: culprit, error: '/v1/projections' },
    'what it says is for readers, once there are keys',
  );
  demarche.signIn(headers);
  t.match(errors, [{ projection: 'words', err: { sequence: culprit, type: 'StatementMade', cause: Error } }]);

  const posted = await post('/v1/events', statement('fourth'));
  t.equal(posted.status, 201, 'recording goes on');
  const { sequence } = posted.body;
  t.equal((await get(`/v1/events?minSequence=${sequence}`)).body.sequence, sequence);
  t.ok(await projector.reaches('tally', sequence, DEADLINE));
  t.notOk(await projector.reaches('words', culprit, DEADLINE), 'nor once it stands still');
  t.ok(projector.hasStopped('words'));
  t.notOk(projector.hasStopped('tally'));

  await projector.stop();
  const { projector: mended } = await startProjector(t, demarche, [words((summary) => `mended: ${summary}`)]);
  // What is on record until it has begun is that it stands still.
  t.ok(await waitUntil(() => mended.reaches('words', sequence, DEADLINE), DEADLINE));
  t.same(await wordsAt(mended), ['first', 'second', 'mended: poison', 'mended: third', 'mended: fourth']);
  t.match(await statusOf(log, 'words'), { checkpoint: sequence, lag: 0, lagSeconds: 0, failed: null });
  t.equal((await get('/health/ready')).body.status, 'ready');
});

t.test('what was written of an event before it failed is undone', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const derived: Derived = {
    async page({ changes }) {
      if (changes.some(({ after }) => after?.data['summary'] === 'poison')) throw new Error('Nothing can be derived.');
    },
    async all() {},
  };
  const { projector } = await startProjector(t, demarche, [{ ...words(asTheyAre), derived }]);
  const last = await demarche.record(...CAST, statement('first'), statement('poison'));
  t.notOk(await projector.reaches('words', last, 0));
  const failed = await waitUntil(async () => (await statusOf(log, 'words'))?.failed ?? undefined, DEADLINE);
  t.same(failed, { sequence: last, type: 'StatementMade', error: 'Nothing can be derived.' });
  t.same(await wordsAt(projector), ['first']);
});

t.test('what the database ended because it collided is tried again, and no event is blamed', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  let collisions = 0;
  const derived = derivedBy(async () => {
    // serialization_failure
    if (collisions-- > 0) throw Object.assign(new Error('It collided.'), { code: '40001' });
  });
  const reachesUnblamed = async (projector: Projector, last: number) => {
    const blamed: unknown[] = [];
    const reached = await waitUntil(async () => {
      blamed.push((await statusOf(log, 'words'))?.failed);
      return projector.reaches('words', last, 0);
    }, DEADLINE);
    t.ok(reached);
    t.ok(blamed.every((failed) => failed === null));
    t.ok(collisions < 0, 'it did collide');
  };
  const last = await demarche.record(...CAST, statement('first'));
  collisions = 2;
  const { projector } = await startProjector(t, demarche, [{ ...words(asTheyAre), derived }]);
  await reachesUnblamed(projector, last);
  t.same(await wordsAt(projector), ['first'], 'while it was built');
  collisions = 15;
  await reachesUnblamed(projector, await demarche.record(statement('second')));
  t.same(await wordsAt(projector), ['first', 'second'], 'and while it followed');
});

t.test('on any number of nodes each event is applied once, and one node goes on without the other', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const nodes = [await startProjector(t, demarche, [tally]), await startProjector(t, demarche, [tally])] as const;
  const batches = Array.from({ length: 12 }, (_, n) => Array.from({ length: 5 }, (_, m) => statement(`${n} ${m}`)));
  const sequences = await Promise.all(
    batches.map(async (batch) => {
      const sequence = await demarche.record(...batch);
      for (const { projector } of nodes) projector.wake();
      return sequence;
    }),
  );
  const last = Math.max(...sequences);
  const seenAt = async (projector: Projector) =>
    (await rowsAt(projector, 'tally', 'seen')).map(({ sequence }) => sequence);
  const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
  for (const { projector } of nodes) {
    t.ok(await projector.reaches('tally', last, DEADLINE));
    t.same(await seenAt(projector), upTo(last));
  }

  const [first, second] = nodes;
  await first.projector.stop();
  const next = await demarche.record(statement('one node is gone'));
  t.ok(await second.projector.reaches('tally', next, DEADLINE));
  t.same(await seenAt(second.projector), upTo(next));
  // Whichever of the two has led: now it is the second.
  const third = await startProjector(t, demarche, [tally]);
  await second.projector.stop();
  const end = await demarche.record(statement('the other one is gone'));
  t.ok(await third.projector.reaches('tally', end, DEADLINE));
  t.same(await seenAt(third.projector), upTo(end));
  t.same([first.errors, second.errors, third.errors], [[], [], []]);
  const { rebuilds } = third.projector;
  const { id } = await rebuilds.start({ projections: [tally], dryRun: true });
  t.match(await rebuilds.finished(id), { state: 'compared', comparison: { sequence: end, equal: true } });
});

t.test('a lead that is lost and taken again while it is being renewed is kept', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const gate = new Gate();
  t.teardown(() => gate.open());
  const renewals = new Set<unknown>();
  const held: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (node.kind === 'RawNode' && node.sqlFragments[0]?.includes('with kept as')) renewals.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (renewals.has(queryId) && result.rows.length === 0) await gate.pass();
      return result;
    },
  };
  const slow = { ...demarche, log: { ...log, db: log.db.withPlugin(held) } };
  const { projector } = await startProjector(t, slow, [tally]);
  t.ok(await projector.reaches('tally', await demarche.record(...CAST), DEADLINE));
  const run = () =>
    log.db
      .withSchema('log')
      .selectFrom('projection_run')
      .select(['leader', 'term'])
      .where('projection', '=', 'tally')
      .executeTakeFirstOrThrow();
  const { leader, term } = await run();
  await log.db
    .withSchema('log')
    .updateTable('projection_run')
    .set({ leader: randomUUID(), lease_until: sql`clock_timestamp() + interval '1500 milliseconds'` })
    .where('projection', '=', 'tally')
    .execute();
  await gate.reached;
  t.ok(await waitUntil(async () => (await run()).term === term + 1, DEADLINE), 'the other has died');
  gate.open();
  await pause(2 * LEASE_MS);
  t.match(await run(), { leader, term: term + 1 }, 'it need not be taken a third time');
  t.ok(await projector.reaches('tally', await demarche.record(statement('afterwards')), DEADLINE));
});

t.test('while much is recorded it is taken in few pages, and a question does not wait for the next', async (t) => {
  const demarche = await startDemarche(t);
  let pages = 0;
  const counted = { ...tally, derived: derivedBy(async () => void pages++) };
  const { projector } = await startProjector(t, demarche, [counted], () => true);
  let last = await demarche.record(...CAST);
  t.ok(await projector.reaches('tally', last, DEADLINE));
  const count = 40;
  pages = 0;
  for (let n = 0; n < count; n++) {
    last = await demarche.record(statement(`${n}`));
    projector.wake();
  }
  t.ok(await projector.reaches('tally', last, DEADLINE));
  t.ok(pages < count / 2, `${count} events in ${pages} pages`);

  const questions = 5;
  const began = performance.now();
  for (let n = 0; n < questions; n++) {
    last = await demarche.record(statement(`asked ${n}`));
    projector.wake();
    t.ok(await projector.reaches('tally', last, DEADLINE));
  }
  // It rests for a second otherwise.
  t.ok(performance.now() - began < (questions * 1_000) / 2);
});

t.test('while much is recorded, pages are followed by long rests, whoever looks or wakes meanwhile', async (t) => {
  const demarche = await startDemarche(t);
  const took = 200;
  const began: number[] = [];
  const slow = {
    ...tally,
    derived: derivedBy(async () => {
      began.push(performance.now());
      await pause(took);
    }),
  };
  const { projector } = await startProjector(t, demarche, [slow], () => true);
  t.ok(await projector.reaches('tally', await demarche.record(...CAST), DEADLINE));
  began.length = 0;
  const isDone = async () => {
    await demarche.record(statement('again'));
    projector.wake();
    return began.length >= 3;
  };
  t.ok(await waitUntil(isDone, DEADLINE));
  const rests = began.slice(1).map((moment, n) => moment - began[n]! - took);
  t.ok(
    rests.every((rest) => rest >= 8 * took),
    `pages of ${took} ms, with rests of ${rests.map(Math.round).join(' and ')} ms`,
  );
});

t.test('what no node was told of is found by looking', async (t) => {
  const demarche = await startDemarche(t);
  const { projector } = await startProjector(t, demarche, [tally]);
  const waiting = projector.reaches('tally', CAST.length, DEADLINE);
  // Told to the projector of the server alone.
  t.equal(await demarche.record(...CAST), CAST.length);
  t.ok(await waiting);
});

t.test('a question waits for the sequence that it must reflect', async (t) => {
  const demarche = await startDemarche(t);
  const { get } = demarche;
  const last = await demarche.record(...CAST);
  const waiting = get(`/v1/positions/russia/troop-withdrawal?minSequence=${last + 2}`);
  await demarche.record(position('kremlin', 'troop-withdrawal', -2, '2024-06'));
  await demarche.record(position('kremlin', 'troop-withdrawal', -1, '2024-11'));
  t.match(await waiting, { status: 200, body: { sequence: last + 2, current: { change: 'softened' } } });
});

t.test('a question whose sequence is not reflected is told why', async (t) => {
  const demarche = await startDemarche(t);
  const { access, log, registry, recorder, projector, feed } = demarche;
  const last = await demarche.record(...CAST);
  t.ok(await projector.reaches('events', last, DEADLINE));
  t.notOk(await projector.reaches('events', last + 1, 10));

  const refusal = async (progress: { hasStopped: boolean }, question: string) => {
    const { answering, projections, rebuilds } = projector;
    const reaches = async () => false;
    const impatient = { answering, projections, rebuilds, reaches, hasStopped: () => progress.hasStopped };
    const forgetful = { ...impatient, standing: async () => undefined };
    const app = await buildApp({ access, log, registry, recorder, feed, projector: forgetful as unknown as Projector });
    const { statusCode, headers, body } = await app.inject(`/v1/${question}`);
    await app.close();
    t.match(headers, { 'retry-after': '1', 'content-type': /^application\/problem\+json/ });
    const { code, detail } = JSON.parse(body);
    return [statusCode, code, detail];
  };
  const refused = (sequence: number, reason: string) => [
    503,
    'not_yet_reflected',
    `Sequence ${sequence} is not reflected yet: ${reason}.`,
  ];
  const following = { hasStopped: false };
  for (const question of [`events?minSequence=${last + 7}`, `actors?knownAt=${last + 7}`])
    t.same(await refusal(following, question), refused(last + 7, `the log ends at ${last}`));
  t.same(
    await refusal(following, `issues?minSequence=${last}`),
    refused(last, 'issues is still on its way there; ask again shortly'),
  );
  t.same(
    await refusal({ hasStopped: true }, `issues?minSequence=${last}`),
    refused(last, 'issues has stopped at an event it cannot apply, see /v1/projections'),
  );
});

t.test('what was known is asked by sequence, by moment and by day', async (t) => {
  const demarche = await startDemarche(t);
  const { get } = demarche;
  await demarche.record(...CAST);
  const values = [-2, -1, 1];
  const recorded: { sequence: number; recorded: string; position: number }[] = [];
  for (const [n, value] of values.entries()) {
    await demarche.record({ id: idOf(n), ...position('kremlin', 'troop-withdrawal', value, `2024-0${n + 1}`) });
    const { body } = await get(`/v1/events/${idOf(n)}`);
    recorded.push({ sequence: body.sequence, recorded: body.recorded, position: value });
  }
  const known = async (knownAt: string | number) => {
    const { status, body } = await get(`/v1/positions/russia/troop-withdrawal?knownAt=${encodeURIComponent(knownAt)}`);
    t.equal(status, 200);
    t.equal(body.sequence, body.knownAt);
    return { sequence: body.knownAt, positions: body.series.map((one: { position: number }) => one.position) };
  };
  for (const { sequence, recorded: moment } of recorded) {
    const bySequence = recorded.filter((one) => one.sequence <= sequence).map((one) => one.position);
    t.same(await known(sequence), { sequence, positions: bySequence });
    // Two may have been recorded in one millisecond.
    const byMoment = recorded.filter((one) => one.recorded <= moment);
    const expected = { sequence: byMoment.at(-1)!.sequence, positions: byMoment.map((one) => one.position) };
    t.same(await known(moment), expected);
    const elsewhere = new Date(Date.parse(moment) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    t.same(await known(elsewhere), expected, 'the same moment in another zone');
  }
  const lastDay = recorded.at(-1)!.recorded.slice(0, 10);
  const dayBefore = new Date(Date.parse(lastDay) - 2 * 86_400_000).toISOString().slice(0, 10);
  t.same(await known(lastDay), { sequence: recorded.at(-1)!.sequence, positions: values }, 'a day is known to its end');
  t.same(await known(dayBefore), { sequence: 0, positions: [] });
  t.same(await known(0), { sequence: 0, positions: [] });
});

t.test('where its version was raised, a read model is built beside that of older code, and both go on', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const last = await demarche.record(...CAST, statement('first'));
  const older = await startProjector(t, demarche, [words(asTheyAre)]);
  t.ok(await older.projector.reaches('words', last, DEADLINE));
  const newer = await startProjector(t, demarche, [words(shouted, 2)]);
  t.ok(await waitUntil(async () => isLive(await statusOf(log, 'words'), 2), DEADLINE));
  t.same(await wordsAt(newer.projector), ['FIRST']);
  t.same(await wordsAt(older.projector), ['first']);

  const next = await demarche.record(statement('second'));
  for (const { projector } of [older, newer]) t.ok(await projector.reaches('words', next, DEADLINE));
  t.same(await wordsAt(newer.projector), ['FIRST', 'SECOND']);
  t.same(await wordsAt(older.projector), ['first', 'second']);
  t.match(await statusOf(log, 'words'), { version: 2, state: 'live', checkpoint: next, failed: null });

  await older.projector.stop();
  const missed = await demarche.record(statement('third'));
  t.ok(await newer.projector.reaches('words', missed, DEADLINE));
  const back = await startProjector(t, demarche, [words(asTheyAre)]);
  t.ok(await back.projector.reaches('words', missed, DEADLINE), 'older code that starts again goes on with its own');
  t.same(await wordsAt(back.projector), ['first', 'second', 'third']);
  t.same(await wordsAt(newer.projector), ['FIRST', 'SECOND', 'THIRD']);
  t.match(await statusOf(log, 'words'), { version: 2, checkpoint: missed }, 'and the newer is what is told of');
  t.same([older.errors, newer.errors, back.errors], [[], [], []]);
});

t.test('until a raised version is built, the former one answers where its tables are the same', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  await demarche.record(...CAST, statement('first'));
  const { projector: older } = await startProjector(t, demarche, [words(asTheyAre)]);
  t.ok(await waitUntil(async () => (await statusOf(log, 'words'))?.state === 'live', DEADLINE));

  const { promise: built, resolve: finish } = Promise.withResolvers<void>();
  const derived: Derived = { page: async () => {}, all: () => built };
  const newer = await startProjector(t, demarche, [{ ...words(shouted, 2), derived }]);
  t.teardown(finish);
  t.same(await wordsAt(newer.projector), ['first']);
  const last = await demarche.record(statement('second'));
  t.ok(await newer.projector.reaches('words', last, DEADLINE), 'as far as the older code keeps it up');
  t.same(await wordsAt(newer.projector), ['first', 'second']);

  const otherTables = { word: table({ word: text, note: textOrNull }) };
  const other = await startProjector(t, demarche, [
    {
      ...words(asTheyAre, 3),
      tables: otherTables,
      handlers: { StatementMade: ({ data }) => ({ word: [{ word: data.summary, note: 'new' }] }) },
      derived,
    },
  ]);
  const message = /^words is being built, see \/v1\/rebuilds\/\d+\.$/;
  await t.rejects(wordsAt(other.projector), { message }, 'no answer is made of tables that it does not know');

  finish();
  t.ok(await waitUntil(async () => isLive(await statusOf(log, 'words'), 3), DEADLINE));
  t.match(await rowsAt(other.projector, 'words', 'word'), [{ word: 'first', note: 'new' }, { word: 'second' }]);
  const ownAnswer = async () => (await wordsAt(newer.projector)).join(' ') === 'FIRST SECOND';
  t.ok(await waitUntil(ownAnswer, DEADLINE), 'once it is built it answers itself');
  t.same(await wordsAt(older), ['first', 'second']);
});

t.test('a question to a read model that is being built is told so, and no other is', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const last = await demarche.record(...CAST, position('kremlin', 'troop-withdrawal', -2, '2024-06'));
  const question = '/v1/positions/russia/troop-withdrawal';
  const { body: before } = await demarche.get(`${question}?minSequence=${last}`);
  t.match(before, { sequence: last, current: { position: -2 } });
  await demarche.projector.stop();
  // As a release leaves it whose tables were others.
  await log.db
    .withSchema(log.schema)
    .updateTable('projection_run')
    .set({ version: 1, shape: '' })
    .where('projection', '=', 'positions')
    .execute();

  const { promise: built, resolve: finish } = Promise.withResolvers<void>();
  const slow = projections.map((projection): Projection => {
    const { name, derived } = projection;
    if (name !== 'positions' || !derived) return projection;
    const all: Derived['all'] = async (workshop) => {
      await built;
      await derived.all(workshop);
    };
    return { ...projection, derived: { ...derived, all } };
  });
  const { projector } = await startProjector(t, demarche, slow);
  t.teardown(finish);
  const app = await buildApp({ ...demarche, projector });
  t.teardown(() => app.close());
  const { statusCode, headers, body } = await app.inject(question);
  t.equal(statusCode, 503);
  t.match(headers, { 'retry-after': '1', 'content-type': /^application\/problem\+json/ });
  t.match(JSON.parse(body), { code: 'not_built_yet', detail: 'positions is being built, see /v1/rebuilds/1.' });
  t.equal((await app.inject('/v1/actors/russia')).statusCode, 200);

  finish();
  t.ok(await waitUntil(async () => (await app.inject(question)).statusCode === 200, DEADLINE));
  t.same((await app.inject(question)).json(), before);
});

t.test('an event of a former version is applied in the words of today', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get } = demarche;
  await demarche.record(...CAST);
  const data = { participants: ['olaf-scholz', 'vladimir-putin'], topic: 'the war' };
  const item = {
    occurred: '2024-11-15',
    recordedBy: 'test',
    expected: null,
    guards: [],
    needs: [],
    contentHash: '00'.repeat(32),
  };
  await appendGroup(
    log,
    [
      {
        ...item,
        id: idOf(1),
        stream: 'call-1',
        type: 'CallHeld',
        typeVersion: 1,
        corrects: null,
        content: JSON.stringify({ data }),
      },
    ],
    CAST.length,
    false,
  );
  const replacement = { data: { ...data, topic: 'grain' } };
  const content = JSON.stringify({ data: { event: idOf(1), reason: 'Another topic', replacement } });
  await appendGroup(
    log,
    [
      {
        ...item,
        id: idOf(2),
        stream: 'call-1',
        type: 'EventCorrected',
        typeVersion: 1,
        corrects: 'CallHeld@1',
        content,
      },
    ],
    CAST.length + 1,
    false,
  );
  const topics = async (knownAt: number) => {
    const { body } = await get(`/v1/events?type=CallHeld&knownAt=${knownAt}`);
    return body.items.map((call: { data: object }) => call.data);
  };
  const { topic: _, ...rest } = data;
  t.same(await topics(CAST.length + 1), [{ ...rest, topics: ['the war'] }]);
  t.same(await topics(CAST.length + 2), [{ ...rest, topics: ['grain'] }]);
});
