// How read models follow the log: past nothing they cannot take, once on any number of nodes, in the version of the code, and
// up to the sequence that a question wants.
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { Fact } from '../src/domain/fact.ts';
import { appendGroup } from '../src/events/append-group.ts';
import type { LogStore } from '../src/events/log-database.ts';
import { buildApp } from '../src/http/app.ts';
import { defineProjection, everyType, type Projection } from '../src/projections/projection.ts';
import { Projector } from '../src/projections/projector.ts';
import { rebuild } from '../src/projections/rebuild.ts';
import { projectionStatuses } from '../src/projections/status.ts';
import { table, text } from '../src/projections/table.ts';
import { CAST, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { idOf } from './support/oracle-log.ts';

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

/** Every event, once. */
const tallyTables = { seen: table({ type: text }) };
const tally = defineProjection({
  name: 'tally',
  version: 1,
  tables: tallyTables,
  handlers: everyType<typeof tallyTables>(({ type }: Fact) => ({ seen: [{ type }] })),
}) as unknown as Projection;

async function startProjector(t: Test, log: LogStore, projections: Projection[]) {
  const errors: { err: Error; projection: string }[] = [];
  const logger = { info() {}, warn() {}, error: (details: unknown) => void errors.push(details as never) };
  const projector = new Projector({ log, projections, logger });
  t.teardown(() => projector.stop());
  await projector.start();
  return { projector, errors };
}

async function wordsIn(log: LogStore, version = 1): Promise<string[]> {
  const { rows } = await sql<{ word: string }>`
    select word from ${sql.id(`log_words_${version}`, 'word')} order by sequence`.execute(log.db);
  return rows.map(({ word }) => word);
}

async function statusOf(log: LogStore, name: string) {
  const { projections } = await projectionStatuses(log);
  return projections.find((projection) => projection.name === name);
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
  const { projector, errors } = await startProjector(t, log, [words(fails), tally]);
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
  t.same(await wordsIn(log), ['first', 'second'], 'all before is there');

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
  const { projector: mended } = await startProjector(t, log, [words((summary) => `mended: ${summary}`)]);
  t.ok(await mended.reaches('words', sequence, DEADLINE));
  t.same(await wordsIn(log), ['first', 'second', 'mended: poison', 'mended: third', 'mended: fourth']);
  t.match(await statusOf(log, 'words'), { checkpoint: sequence, lag: 0, lagSeconds: 0, failed: null });
  t.equal((await get('/health/ready')).body.status, 'ready');
});

t.test('what was written of an event before it failed is undone', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const derive: Projection['derive'] = async (changes) => {
    if (changes.some(({ after }) => after?.data['summary'] === 'poison')) throw new Error('Nothing can be derived.');
  };
  const { projector } = await startProjector(t, log, [{ ...words(asTheyAre), derive }]);
  const last = await demarche.record(...CAST, statement('first'), statement('poison'));
  t.notOk(await projector.reaches('words', last, 0));
  const failed = await waitUntil(async () => (await statusOf(log, 'words'))?.failed ?? undefined, DEADLINE);
  t.same(failed, { sequence: last, type: 'StatementMade', error: 'Nothing can be derived.' });
  t.same(await wordsIn(log), ['first']);
});

t.test('what the database ended because it collided is tried again, and no event is blamed', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  let collisions = 15;
  const derive: Projection['derive'] = async () => {
    // serialization_failure
    if (collisions-- > 0) throw Object.assign(new Error('It collided.'), { code: '40001' });
  };
  const last = await demarche.record(...CAST, statement('first'));
  const { projector } = await startProjector(t, log, [{ ...words(asTheyAre), derive }]);
  const blamed: unknown[] = [];
  const reached = await waitUntil(async () => {
    blamed.push((await statusOf(log, 'words'))?.failed);
    return projector.reaches('words', last, 0);
  }, DEADLINE);
  t.ok(reached);
  t.ok(blamed.every((failed) => failed === null));
  t.same(await wordsIn(log), ['first']);
});

t.test('on any number of nodes each event is applied once, and one node goes on without the other', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  await demarche.record(...CAST);
  const nodes = [await startProjector(t, log, [tally]), await startProjector(t, log, [tally])];
  const batches = Array.from({ length: 12 }, (_, n) => Array.from({ length: 5 }, (_, m) => statement(`${n} ${m}`)));
  const sequences = await Promise.all(
    batches.map(async (batch) => {
      const sequence = await demarche.record(...batch);
      for (const { projector } of nodes) projector.wake();
      return sequence;
    }),
  );
  const last = Math.max(...sequences);
  for (const { projector } of nodes) t.ok(await projector.reaches('tally', last, DEADLINE));
  const seen = async () =>
    (await sql<{ sequence: number }>`select sequence from log_tally_1.seen order by sequence`.execute(log.db)).rows;
  t.same(
    await seen(),
    Array.from({ length: last }, (_, n) => ({ sequence: n + 1 })),
  );

  await nodes[0]!.projector.stop();
  const next = await demarche.record(statement('one node is gone'));
  t.ok(await nodes[1]!.projector.reaches('tally', next, DEADLINE));
  t.equal((await seen()).length, next);
  t.same([nodes[0]!.errors, nodes[1]!.errors], [[], []]);
  const { before, after } = await rebuild(log, tally);
  t.same(after, before);
});

t.test('what no node was told of is found by looking', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const { projector } = await startProjector(t, log, [tally]);
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
  const { log, registry, recorder, projector } = demarche;
  const last = await demarche.record(...CAST);
  t.ok(await projector.reaches('events', last, DEADLINE));
  t.notOk(await projector.reaches('events', last + 1, 10));

  const refusal = async (standing: { hasStopped: boolean }, question: string) => {
    const impatient = { reaches: async () => false, hasStopped: () => standing.hasStopped };
    const app = await buildApp({ log, registry, recorder, projector: impatient as unknown as Projector });
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

t.test('a read model is built anew when its version was raised', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const last = await demarche.record(...CAST, statement('first'), statement('second'));
  const { projector: older } = await startProjector(t, log, [words(asTheyAre)]);
  t.ok(await older.reaches('words', last, DEADLINE));
  await older.stop();
  const { projector: newer } = await startProjector(t, log, [words((word) => word.toUpperCase(), 2)]);
  t.ok(await newer.reaches('words', last, DEADLINE));
  t.same(await wordsIn(log, 2), ['FIRST', 'SECOND']);
  t.match(await statusOf(log, 'words'), { version: 2, checkpoint: last });
  const { rows } = await sql`select to_regnamespace('log_words_1') as former`.execute(log.db);
  t.same(rows, [{ former: null }], 'the former one is gone');
});

t.test('older code leaves the read model of newer code alone', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const last = await demarche.record(...CAST, statement('first'));
  const { projector: older, errors } = await startProjector(t, log, [words(asTheyAre)]);
  t.ok(await older.reaches('words', last, DEADLINE));
  const { projector: newer } = await startProjector(t, log, [words((word) => word.toUpperCase(), 2)]);
  t.ok(await newer.reaches('words', last, DEADLINE));

  older.wake();
  t.ok(await waitUntil(() => errors.length > 0, DEADLINE), 'a node that still runs the older code says so');
  t.match(errors[0]!.err.message, 'Projection words is in version 2 in the database, and this code has version 1.');
  t.match(await statusOf(log, 'words'), { version: 2, failed: null }, 'and nothing about that of the other');
  const next = await demarche.record(statement('second'));
  older.wake();
  t.ok(await newer.reaches('words', next, DEADLINE));
  t.match(await statusOf(log, 'words'), { version: 2, checkpoint: next, failed: null });
  t.same(await wordsIn(log, 2), ['FIRST', 'SECOND']);
  t.equal(errors.length, 1, 'and says it once');

  await t.rejects(startProjector(t, log, [words(asTheyAre)]), {
    message: 'Projection words is in version 2, newer than this code has (1). Start the newer Demarche.',
  });
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
