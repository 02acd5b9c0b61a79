// The promises of the recorder: each event once, whatever happens to connections; nobody fails for a neighbour; all or
// nothing where that is asked; and no more waiting than it takes on.
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase, LogStore } from '../src/events/log-database.ts';
import { readAfter, readHead } from '../src/events/read-log.ts';
import { actor, issue } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { faultsOf } from './support/log-hashes.ts';
import { holdLock } from './support/log-lock.ts';
import { openNode } from './support/log-node.ts';
import { openProxy } from './support/log-proxy.ts';
import {
  call,
  correction,
  idOf,
  range,
  renaming,
  retraction,
  statement,
  statuses,
  submission,
} from './support/log-submissions.ts';

async function emptyLog(t: Test): Promise<{ url: string; log: LogStore }> {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  return { url, log: { db, schema: 'log' } };
}

/** Two nodes on one log that knows three actors, under the numbers 1 to 3. */
async function twoNodes(t: Test) {
  const { url, log } = await emptyLog(t);
  const a = await openNode(t, url);
  await a.record(
    submission(1, actor('germany', 'state')),
    submission(2, actor('russia', 'state')),
    submission(3, actor('olaf-scholz')),
  );
  const b = await openNode(t, url);
  return { url, log, a, b };
}

async function idsIn(log: LogStore): Promise<string[]> {
  return (await readAfter(log, 0, 10_000)).map(({ id }) => id);
}

t.test('an id is recorded once, and every post of the same content is told the same', async (t) => {
  const { log, a, b } = await twoNodes(t);
  for (const [number, event] of [
    [10, statement('germany')],
    // Its rule alone would refuse it the second time.
    [11, actor('ukraine', 'state')],
    [12, retraction(10)],
  ] as const) {
    const posts = range(1, 20).map((turn) => (turn % 2 ? a : b).record(submission(number, event)));
    const outcomes = (await Promise.all(posts)).flat();
    t.same(statuses(outcomes).toSorted(), [...range(1, 19).map(() => 'duplicate'), 'recorded'], event.type);
    const told = new Set(outcomes.map((outcome) => JSON.stringify('event' in outcome && outcome.event)));
    t.equal(told.size, 1, 'the same sequence, version, time and hash');
  }
  t.equal((await readHead(log)).sequence, 6);
});

t.test('an id with other content is a conflict that names the event it belongs to', async (t) => {
  const { log, a, b } = await twoNodes(t);
  await a.record(submission(10, statement('germany', { summary: 'first', topics: { b: 1, a: 2 } })));
  const other = submission(10, statement('germany', { summary: 'second' }));
  const conflict = [{ status: 'conflict', code: 'id_reused', id: idOf(10), sequence: 4 }];
  for (const node of [a, b]) t.same(await node.record(other), conflict);
  const registered = submission(1, actor('germany', 'person'));
  t.same(await b.record(registered), [{ ...conflict[0], id: idOf(1), sequence: 1 }], 'rather than refused by a rule');
  const reordered = submission(10, statement('germany', { topics: { a: 2, b: 1 }, summary: 'first' }));
  t.same(statuses(await b.record(reordered)), ['duplicate'], 'the order of fields is no content');
  t.equal((await readHead(log)).sequence, 4);
});

t.test('an id twice in one batch is recorded once, wherever it stands', async (t) => {
  const { log, a } = await twoNodes(t);
  const one = submission(10, statement('germany'));
  const other = submission(10, statement('russia'));
  const outcomes = await a.record(one, submission(11, statement('russia')), one, other, submission(12, retraction(10)));
  t.same(statuses(outcomes), ['recorded', 'recorded', 'duplicate', 'id_reused', 'recorded']);
  t.match(outcomes[2], { event: { sequence: 4 } });
  t.same((await idsIn(log)).slice(3), [10, 11, 12].map(idOf));
  await t.rejects(async () => a.recordAll(one, one), { name: 'RangeError' });
});

t.test('events whose connection is killed at the lock are recorded once', async (t) => {
  const { url, log, b } = await twoNodes(t);
  const lock = await holdLock(t, url);
  const batch = [
    submission(10, statement('germany')),
    submission(11, actor('nato')),
    submission(12, statement('nato')),
  ];
  const answer = b.record(...batch);
  const [first] = await lock.waiting(1);
  await lock.terminate(first!);
  const second = await waitUntil(async () => (await lock.waiting(1)).find((pid) => pid !== first));
  await lock.terminate(second!);
  await waitUntil(async () => (await lock.waiting(1)).some((pid) => pid !== second));
  await lock.release();
  t.same(statuses(await answer), ['recorded', 'recorded', 'recorded']);
  t.same((await idsIn(log)).slice(3), [10, 11, 12].map(idOf));
  t.same(statuses(await b.record(...batch)), ['duplicate', 'duplicate', 'duplicate']);
});

for (const how of ['ended', 'reset'] as const) {
  t.test(`events whose answer is lost after the commit are recorded once (connection ${how})`, async (t) => {
    const { url, log, a } = await twoNodes(t);
    const proxy = await openProxy(t, url);
    const node = await openNode(t, proxy.url, { writers: 1 });
    const before = submission(10, statement('germany'));
    await node.record(before);

    proxy.swallowAnswers();
    const answer = node.record(submission(11, actor('nato')), submission(12, renaming('russia', 'RU'), 7), before);
    await waitUntil(async () => (await readHead(log)).sequence === 5);
    proxy.cut(how);
    const outcomes = await answer;
    t.same(statuses(outcomes), ['recorded', 'version_conflict', 'duplicate'], 'as the lost answer said');
    t.match(outcomes[0], { event: { sequence: 5, recordedBy: 'the tests' } });
    // What the node remembers is what the log holds: it goes on, and so does another.
    t.equal(node.registry.sequence, 5);
    t.same(statuses(await node.record(submission(13, statement('nato')))), ['recorded']);
    t.same(statuses(await a.record(submission(14, retraction(11)))), ['recorded']);
    t.same(statuses(await node.record(submission(15, statement('nato')))), ['refused']);
    t.same((await idsIn(log)).slice(3), [10, 11, 13, 14].map(idOf));
    t.same(await faultsOf(log.db), []);
  });
}

t.test('an atomic batch whose answer is lost after the commit is recorded once, and whole', async (t) => {
  const { url, log } = await twoNodes(t);
  const proxy = await openProxy(t, url);
  const node = await openNode(t, proxy.url);
  proxy.swallowAnswers();
  const answer = node.recordAll(submission(10, actor('nato')), submission(11, statement('nato')));
  await waitUntil(async () => (await readHead(log)).sequence === 5);
  proxy.cut('reset');
  t.same(statuses(await answer), ['recorded', 'recorded']);
  t.same((await idsIn(log)).slice(3), [10, 11].map(idOf));
});

t.test(
  'while the database is away, events fail as unavailable; once it is back, the same ids are recorded',
  async (t) => {
    const { url, log } = await twoNodes(t);
    const proxy = await openProxy(t, url);
    const node = await openNode(t, proxy.url);
    const gone = await openProxy(t, url);
    const cutOff = await openNode(t, gone.url);
    proxy.drop(Infinity);
    await gone.close();
    const batch = [submission(10, actor('nato')), submission(11, statement('nato'))];
    const unavailable = { code: 'log_unavailable' };
    await Promise.all([
      t.rejects(node.record(...batch), unavailable),
      t.rejects(node.record(submission(12, statement('germany'))), unavailable),
      t.rejects(node.record(submission(13, statement('nobody'))), unavailable, 'nor is anything refused unread'),
      t.rejects(cutOff.record(...batch), { ...unavailable, cause: { code: 'ECONNREFUSED' } }),
    ]);
    t.equal((await readHead(log)).sequence, 3);
    proxy.drop(0);
    t.same(statuses(await node.record(...batch)), ['recorded', 'recorded']);
  },
);

t.test('a database that comes back soon enough is not noticed', async (t) => {
  const { url, log } = await twoNodes(t);
  const proxy = await openProxy(t, url);
  const node = await openNode(t, proxy.url);
  proxy.drop(2);
  t.same(statuses(await node.record(submission(10, statement('germany')))), ['recorded']);
  t.same((await idsIn(log)).slice(3), [idOf(10)]);
});

t.test('a server that takes nothing for a while is not noticed either', async (t) => {
  const { log, b } = await twoNodes(t);
  await sql`create sequence log.refusals`.execute(log.db);
  // A sequence goes on counting where a transaction is undone.
  await sql`
    create function log.refuse_twice() returns trigger language plpgsql as $$
    begin
      if nextval('log.refusals') % 3 > 0 then raise exception using errcode = tg_argv[0]; end if;
      return null;
    end $$`.execute(log.db);
  const refusals = { standby: '25006', 'disk full': '53100', 'shutting down': '57P01', 'connection failure': '08006' };
  for (const [place, [reason, code]] of Object.entries(refusals).entries()) {
    await sql`create trigger refuse after insert on log.event for each statement
      execute function log.refuse_twice(${sql.lit(code)})`.execute(log.db);
    t.same(statuses(await b.record(submission(10 + place, statement('germany')))), ['recorded'], reason);
    await sql`drop trigger refuse on log.event`.execute(log.db);
  }
  t.same((await idsIn(log)).slice(3), range(10, 13).map(idOf));
});

t.test('more than may wait is turned away at once, and nothing of it is recorded', async (t) => {
  const { url, log } = await twoNodes(t);
  const node = await openNode(t, url, { maxWaiting: 10 });
  const lock = await holdLock(t, url);
  const say = (number: number) => submission(number, statement('germany'));
  const accepted = [node.record(say(10))];
  await lock.waiting(1);
  accepted.push(node.record(say(11), say(12)), node.record(say(13), say(14), say(15)));
  await lock.waiting(2);
  const overloaded = { code: 'log_overloaded', message: /^6 events are waiting/ };
  await t.rejects(async () => node.record(say(20), say(21), say(22), say(23), say(24)), overloaded);
  accepted.push(node.record(say(16), say(17), say(18), say(19)));
  await t.rejects(async () => node.record(say(25)), { ...overloaded, message: /^10 events/ });
  await t.rejects(async () => node.recordAll(say(26)), { code: 'log_overloaded' });
  await lock.release();
  t.ok((await Promise.all(accepted)).flat().every(({ status }) => status === 'recorded'));
  t.same((await idsIn(log)).slice(3).toSorted(), range(10, 19).map(idOf));
  const asMany = await node.record(...range(30, 39).map(say));
  t.ok(
    asMany.every(({ status }) => status === 'recorded'),
    'and there is room again',
  );
});

t.test(
  'what is recorded in the same moment goes to the log together, and that is told to whoever should give way',
  async (t) => {
    const { url } = await twoNodes(t);
    const groups: number[] = [];
    const node = await openNode(t, url, { onRecorded: (sequence) => groups.push(sequence) });
    await node.record(submission(9, statement('germany')));
    t.equal(groups.length, 1);
    t.notOk(node.recorder.isBusy, 'one event is not much');
    const outcomes = await Promise.all(
      range(10, 29).map((number) => node.record(submission(number, statement('germany')))),
    );
    t.ok(outcomes.flat().every(({ status }) => status === 'recorded'));
    t.equal(groups.length, 2, 'not the first of them alone');
    t.ok(node.recorder.isBusy);
    t.ok(await waitUntil(() => !node.recorder.isBusy), 'until it is over');
    let number = 100;
    const isBusyAfterOneMore = async () => {
      await Promise.all(range(1, 20).map(() => node.record(submission(number++, statement('germany')))));
      await node.record(submission(number++, statement('germany')));
      return node.recorder.isBusy;
    };
    t.ok(await waitUntil(isBusyAfterOneMore), 'one small group among large ones is no end');
  },
);

t.test('five hundred events that rest on each other go to the log as one group', async (t) => {
  const { url, log } = await twoNodes(t);
  const groups: number[] = [];
  const node = await openNode(t, url, { onRecorded: (sequence) => groups.push(sequence) });
  const outcomes = await node.record(
    ...range(1_000, 1_499).map((number) => submission(number, renaming('germany', `Germany ${number}`))),
  );
  t.ok(outcomes.every(({ status }) => status === 'recorded'));
  t.equal(groups.length, 1);
  t.same(await faultsOf(log.db), []);
});

/** Posts requests that all wait together while the writer is busy, so that they go to the database in one group. */
async function inOneGroup(t: Test, url: string, requests: ReturnType<typeof submission>[][]) {
  const groups: number[] = [];
  const node = await openNode(t, url, { writers: 1, onRecorded: (sequence) => groups.push(sequence) });
  const lock = await holdLock(t, url);
  const plug = node.record(submission(99, issue('plug')));
  await lock.waiting(1);
  const answers = requests.map((request) => node.record(...request).catch((error: unknown) => error as Error));
  await lock.release();
  await plug;
  const outcomes = await Promise.all(answers);
  return { groups, outcomes: outcomes.map((answer) => (answer instanceof Error ? answer : statuses(answer))) };
}

t.test('a conflict or a refusal fails nobody else in its group', async (t) => {
  const { url, log } = await twoNodes(t);
  const { groups, outcomes } = await inOneGroup(t, url, [
    [submission(10, statement('germany'))],
    [submission(11, renaming('russia', 'Russia'), 5)],
    [submission(1, actor('germany', 'person'))],
    [submission(12, statement('nobody')), submission(13, statement('germany'))],
    [submission(2, actor('russia', 'state'))],
    [submission(14, renaming('germany', 'Germany'), 1), submission(15, renaming('germany', 'Deutschland'), 1)],
    [submission(16, statement('olaf-scholz'))],
  ]);
  t.same(outcomes, [
    ['recorded'],
    ['version_conflict'],
    ['id_reused'],
    ['refused', 'recorded'],
    ['duplicate'],
    ['recorded', 'version_conflict'],
    ['recorded'],
  ]);
  t.same(groups, [4, 7, 8], 'the good ones go in one group, and what had to be judged again in the next');
  t.same(await faultsOf(log.db), []);
});

t.test('an event that upsets the database fails its own request and no other', async (t) => {
  const { url, log } = await twoNodes(t);
  const { outcomes } = await inOneGroup(t, url, [
    [submission(10, statement('germany'))],
    [submission(11, statement('germany')), submission(12, statement('germany', { summary: 'NUL: \0' }))],
    [submission(13, statement('russia'))],
    [submission(14, statement('germany', { readoutOf: 'no id at all' }))],
    [submission(15, { ...statement('germany'), type: 'PlanetColonised' })],
    [submission(16, statement('olaf-scholz'))],
  ]);
  t.match(outcomes, [
    ['recorded'],
    { cause: undefined, code: '22P05' },
    ['recorded'],
    { code: '22P02' },
    { message: /PlanetColonised/ },
    ['recorded'],
  ]);
  t.same((await idsIn(log)).slice(4).toSorted(), [10, 13, 16].map(idOf));
});

t.test('within a batch, later items see earlier ones, and only those that are recorded', async (t) => {
  const { log, a, b } = await twoNodes(t);
  const outcomes = await b.record(
    submission(10, statement('nato')),
    submission(11, actor('nato', 'organisation')),
    submission(12, statement('nato')),
    submission(13, retraction(11)),
    submission(14, statement('nato')),
    submission(15, actor('nato', 'organisation')),
    submission(16, actor('nato', 'organisation')),
    submission(17, correction(12, { data: { speaker: 'nato', summary: 'it said' } })),
    submission(18, retraction(12)),
    submission(19, correction(12, { occurred: '2024-11-14' })),
  );
  const expected = 'refused recorded recorded recorded refused recorded refused recorded recorded refused'.split(' ');
  t.same(statuses(outcomes), expected);
  t.match(outcomes[9], { violations: [{ pointer: '/data/event', found: /retracted by event 9/ }] });
  t.same((await idsIn(log)).slice(3), [11, 12, 13, 15, 17, 18].map(idOf), 'in the order given');

  const conflicting = await a.record(
    submission(20, renaming('germany', 'Germany'), 9),
    submission(21, actor('ukraine', 'state'), 1),
    submission(22, statement('ukraine')),
  );
  t.same(statuses(conflicting), ['version_conflict', 'version_conflict', 'refused']);
});

t.test('an atomic batch is recorded whole or not at all', async (t) => {
  const { log, a, b } = await twoNodes(t);
  const whole = await b.recordAll(
    submission(10, actor('nato', 'organisation')),
    submission(11, statement('nato')),
    submission(12, renaming('nato', 'NATO'), 1),
    submission(1, actor('germany', 'state')),
  );
  t.same(statuses(whole), ['recorded', 'recorded', 'recorded', 'duplicate']);
  t.equal((await readHead(log)).sequence, 6);

  const unregistered = await b.recordAll(
    submission(20, actor('who')),
    submission(21, statement('nobody')),
    submission(22, call(['who', 'nobody'])),
  );
  t.same(statuses(unregistered), ['not_recorded', 'refused', 'refused']);
  const missing = { found: '"nobody"', expected: 'a registered actor' };
  t.strictSame(
    unregistered.slice(1),
    [
      { status: 'refused', violations: [{ pointer: '/data/speaker', ...missing }] },
      { status: 'refused', violations: [{ pointer: '/data/participants/1', ...missing }] },
    ],
    'and what it registers itself is not missing',
  );
  const conflicting = await b.recordAll(submission(20, actor('who')), submission(21, renaming('nato', 'Nato'), 1));
  t.same(statuses(conflicting), ['not_recorded', 'version_conflict']);
  const reused = await b.recordAll(submission(20, actor('who')), submission(11, statement('germany')));
  t.match(reused, [{ status: 'not_recorded' }, { code: 'id_reused', sequence: 5 }]);
  const reusedAndRefused = await b.recordAll(submission(1, actor('germany', 'person')), submission(20, actor('who')));
  t.same(statuses(reusedAndRefused), ['id_reused', 'not_recorded'], 'an id that the rules would refuse as well');
  t.equal((await readHead(log)).sequence, 6);
  t.same(statuses(await a.record(submission(30, statement('who')))), ['refused']);
});

t.test('an atomic batch that contradicts itself is refused where it does', async (t) => {
  const { log, b } = await twoNodes(t);
  await b.record(submission(10, statement('germany')));
  const twice = await b.recordAll(submission(11, actor('nato')), submission(12, actor('nato')));
  t.match(twice, [{ status: 'not_recorded' }, { status: 'refused', violations: [{ pointer: '/data/actor' }] }]);
  const retracted = await b.recordAll(submission(13, retraction(10)), submission(14, retraction(10)));
  t.match(retracted, [
    { status: 'not_recorded' },
    {
      status: 'refused',
      violations: [{ pointer: '/data/event', found: /, retracted by an earlier event of this batch$/ }],
    },
  ]);
  t.equal((await readHead(log)).sequence, 4);
});

t.test('an atomic batch is whole even where only the database finds that it rests on what has changed', async (t) => {
  const { log, a, b } = await twoNodes(t);
  await a.record(submission(10, renaming('olaf-scholz', 'Olaf Scholz')));
  const judgedAgain = await b.recordAll(
    submission(11, actor('nato')),
    submission(12, statement('olaf-scholz')),
    submission(13, statement('nato')),
  );
  t.same(statuses(judgedAgain), ['recorded', 'recorded', 'recorded']);
  t.same((await idsIn(log)).slice(4), [11, 12, 13].map(idOf));

  await a.record(submission(20, retraction(3)));
  const refused = await b.recordAll(submission(21, actor('ukraine')), submission(22, statement('olaf-scholz')));
  t.same(statuses(refused), ['not_recorded', 'refused']);

  await a.record(submission(30, renaming('germany', 'Germany')));
  const both = await b.recordAll(
    submission(31, actor('ukraine')),
    submission(32, renaming('germany', 'Deutschland'), 1),
  );
  t.same(statuses(both), ['not_recorded', 'version_conflict']);
  const dependent = await b.recordAll(
    submission(33, renaming('germany', 'Deutschland'), 7),
    submission(34, statement('germany')),
    submission(35, renaming('germany', 'Allemagne'), 8),
  );
  t.same(statuses(dependent)[0], 'version_conflict');
  t.ok(dependent.every(({ status }) => status !== 'recorded'));
  t.equal((await readHead(log)).sequence, 9);
});

t.test(
  'events that came together are recorded in their order, also where the first has to be judged again',
  async (t) => {
    const { log, a, b } = await twoNodes(t);
    await a.record(submission(10, renaming('germany', 'Germany')));
    const outcomes = await b.record(
      submission(11, statement('russia')),
      submission(12, statement('germany')),
      submission(13, statement('russia')),
      submission(14, renaming('russia', 'Russia'), 9),
      submission(15, statement('russia')),
    );
    t.same(statuses(outcomes), ['recorded', 'recorded', 'recorded', 'version_conflict', 'recorded']);
    t.same((await idsIn(log)).slice(4), [11, 12, 13, 15].map(idOf));
  },
);

t.test('a number too large for a version is a conflict like any other', async (t) => {
  const { b } = await twoNodes(t);
  const far = Number.MAX_SAFE_INTEGER;
  const outcomes = await b.record(
    submission(10, renaming('germany', 'Germany'), far),
    submission(11, statement('russia')),
  );
  t.match(outcomes, [{ code: 'version_conflict', expectedVersion: far, version: 1 }, { status: 'recorded' }]);
});
