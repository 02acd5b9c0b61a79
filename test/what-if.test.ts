// What would we believe if some of it had never been reported, or as of an earlier day: what-ifs answer every question as a
// Demarche would that never heard of what is left out.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import t from 'tap';
import { isAboutEvent } from '../src/domain/fact.ts';
import { CAST, issue, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { everyAnswer, everyQuestion, reflects } from './support/every-answer.ts';
import { ABOUT_ANYTHING, logOf, namesOf, stepsOf } from './support/generate-log.ts';
import { assertAtLeast, assertSame, eachHistory } from './support/histories.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { rebuildOf, runSchemas, schemasBecome } from './support/replay-node.ts';

/** Something of everything. */
const KINDS = {
  ...ABOUT_ANYTHING,
  PositionStated: 8,
  StatementMade: 1,
  DemandStated: 3,
  DemandAnswered: 2,
  ProposalTabled: 2,
  ReactionIssued: 3,
  CommitmentMade: 3,
  AidChanged: 2,
  CallHeld: 2,
  MeetingHeld: 2,
  NegotiationOpened: 1,
  ActorRenamed: 1,
  IssueReworded: 1,
};

const herald = { publisher: 'The Herald', title: 'A report', url: 'https://herald.example/1' };
const gazette = { publisher: 'Gazette', title: 'Another report', url: 'https://gazette.example/2' };

function said(n: number, value: number, source?: object): object {
  return position('kremlin', 'troop-withdrawal', value, `2024-0${n}`, { id: idOf(n), ...(source && { source }) });
}

const correction = (n: number, target: number, value: number, more: object = {}) => ({
  id: idOf(n),
  type: 'EventCorrected',
  occurred: '2024-11-16',
  data: {
    event: idOf(target),
    reason: 'It was wrong',
    replacement: { stance: { issue: 'troop-withdrawal', position: value } },
  },
  ...more,
});

const PATH = '/v1/positions/russia/troop-withdrawal';
const positionsOf = (body: any) => body.series.map((one: any) => one.position);

t.test('the log is taken as it stood at a sequence, at the end of a day, or at a moment', async (t) => {
  const demarche = await startDemarche(t);
  const { get, post } = demarche;
  const last = await demarche.record(...CAST, said(1, -2), said(2, -1), said(3, 1));
  await get(`${PATH}?minSequence=${last}`);
  const { recorded } = (await get(`/v1/events/${idOf(2)}`)).body;
  const today = new Date(recorded).toISOString().slice(0, 10);
  // Events of one batch share the moment.
  const untils: [until: number | string, sequence: number][] = [
    [last - 1, last - 1],
    [`${last - 2}`, last - 2],
    [0, 0],
    [today, last],
    ['2001-09-09', 0],
    [recorded, last],
    ['2001-09-09T01:46:40+02:00', 0],
    ['9999-12-31', last],
  ];
  for (const [until, sequence] of untils) {
    const over = await rebuildOf({ get, post }, 'positions', { until });
    t.match(over, {
      state: 'scratch',
      until: sequence,
      sequence,
      total: sequence,
      comparison: { equal: true, sequence },
    });
    const { status, body } = await get(`${PATH}?projectionRun=${over.id}`);
    t.match([status, body.sequence, body.projectionRun], [200, sequence, over.id]);
    t.same(positionsOf(body), [-2, -1, 1].slice(0, Math.max(0, sequence - CAST.length)));
    const later = await get(`${PATH}?projectionRun=${over.id}&knownAt=${last}`);
    t.equal(later.body.sequence, sequence, 'it knows no more than that');
    const never = await get(`${PATH}?projectionRun=${over.id}&minSequence=${sequence + 1}`);
    t.match([never.status, never.body.errors[0].parameter], [400, 'minSequence'], 'and will not');
  }
  const refused = await post('/v1/projections/positions/rebuilds', { until: last + 1 });
  t.match(refused, { status: 400, body: { code: 'invalid_request' } });
  t.same(refused.body.errors, [
    { pointer: '/until', found: `${last + 1}`, expected: `a sequence up to ${last}, where the log ends` },
  ]);
  t.same(positionsOf((await get(PATH)).body), [-2, -1, 1], 'what is live is not touched');
});

t.test('events are left out by publisher, title, address and id, with all that is said about them', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post, delete: remove } = demarche;
  const last = await demarche.record(
    ...CAST,
    said(1, -2, herald),
    said(2, -1, gazette),
    said(3, 0),
    correction(4, 2, 2, { source: herald }),
    // About what is about something, and by somebody else.
    { id: idOf(5), type: 'EventRetracted', occurred: '2024-11-17', data: { event: idOf(4), reason: 'It was right' } },
    { id: idOf(6), type: 'EventCorroborated', occurred: '2024-11-17', data: { event: idOf(1) }, source: gazette },
    correction(7, 1, 1, { source: gazette }),
    { ...said(8, 0), attribution: [{ actor: 'kremlin' }, { label: 'a diplomat', record: 'anonymous' }] },
  );
  await get(`${PATH}?minSequence=${last}`);
  t.same(positionsOf((await get(PATH)).body), [1, -1, 0, 0]);
  const before = await runSchemas(log);
  const cases: [leaveOut: object, positions: number[]][] = [
    [{ sources: ['The Herald'] }, [-1, 0, 0]],
    [{ sources: ['A report'] }, [-1, 0, 0]],
    [{ sources: ['https://herald.example/1'] }, [-1, 0, 0]],
    [{ sources: ['Gazette'] }, [-2, 0, 0]],
    [{ sources: ['The Herald', 'Another report'] }, [0, 0]],
    [{ events: [idOf(3)] }, [1, -1, 0]],
    [{ events: [idOf(7)] }, [-2, -1, 0, 0]],
    [{ events: [idOf(5)] }, [1, 2, 0, 0]],
    [{ events: [idOf(4)] }, [1, -1, 0, 0]],
    [{ events: [idOf(1)], sources: ['Gazette'] }, [0, 0]],
    [{ sources: ['kremlin'] }, [1, -1, 0]],
    [{ sources: ['a diplomat'] }, [1, -1, 0]],
    [{ sources: ['Nobody'], events: [] }, [1, -1, 0, 0]],
  ];
  const ids: number[] = [];
  for (const [leaveOut, positions] of cases) {
    const over = await rebuildOf({ get, post }, 'all', { leaveOut });
    const shown = JSON.stringify(leaveOut);
    t.match(over, { state: 'scratch', leftOut: { sources: [], events: [], ...leaveOut } }, shown);
    ids.push(over.id);
    const { body } = await get(`${PATH}?projectionRun=${over.id}`);
    t.same(positionsOf(body), positions, shown);
    t.equal(over.comparison!.equal, shown.includes('Nobody'), shown);
    const recorded = await get(`/v1/events?order=recorded&limit=1000&projectionRun=${over.id}`);
    const left = recorded.body.items.map(({ id }: { id: string }) => id);
    const everything = (await get('/v1/events?order=recorded&limit=1000')).body.items.length;
    t.ok(shown.includes('Nobody') ? left.length === everything : left.length < everything);
    t.notOk(
      left.some((id: string) => shown.includes(id)),
      shown,
    );
  }
  const mentions = async (query: string) => {
    const { body } = await get(`/v1/evidence?type=PositionStated${query}`);
    return body.items.map((one: any) => [one.fact.id, one.mentions]);
  };
  t.same(await mentions(''), [
    [idOf(1), 2],
    [idOf(2), 1],
    [idOf(3), 1],
    [idOf(8), 1],
  ]);
  t.same(
    (await mentions(`&projectionRun=${ids[0]}`)).map(([id]: [string]) => id),
    [idOf(2), idOf(3), idOf(8)],
  );
  t.same(
    (await mentions(`&projectionRun=${ids[3]}`)).find(([id]: [string]) => id === idOf(1)),
    [idOf(1), 1],
    'a corroboration may be left out alone',
  );

  await demarche.record(said(9, 2, herald));
  t.same(
    positionsOf((await get(`${PATH}?projectionRun=${ids.at(-1)}`)).body),
    [1, -1, 0, 0],
    'what comes later stays out',
  );
  for (const id of ids) t.equal((await remove(`/v1/rebuilds/${id}`)).body.state, 'dropped');
  t.same(await schemasBecome(log, '', before.length), before);
});

t.test('a rebuild of some projections answers for these alone', async (t) => {
  const demarche = await startDemarche(t);
  const { get, post } = demarche;
  await demarche.record(...CAST, issue('grain'));
  const [first, second] = [
    await rebuildOf({ get, post }, 'issues', { until: 9 }),
    await rebuildOf({ get, post }, 'issues', { until: 10 }),
  ];
  const count = async (id: number) => (await get(`/v1/issues?projectionRun=${id}`)).body.items.length;
  t.same([await count(first.id), await count(second.id)], [1, 2], 'several what-ifs stand side by side');
  t.equal((await get(`/v1/actors?projectionRun=${first.id}`)).status, 400);
  t.equal((await get('/v1/issues')).body.items.length, 3);
  t.equal((await rebuildOf({ get, post }, 'issues')).state, 'switched', 'and do not stand in the way of a rebuild');
  t.same([await count(first.id), await count(second.id)], [1, 2]);
});

t.test('a what-if up to a sequence answers everything as what was known then', async (t) => {
  const demarche = await startDemarche(t);
  const { get, post, delete: remove } = demarche;
  const all = await eachHistory(demarche, KINDS, 6, async ({ prefix, recorded, choice }) => {
    const until = recorded[choice % recorded.length]!.sequence;
    const over = await rebuildOf({ get, post }, 'all', { until });
    assert.deepEqual([over.state, over.error], ['scratch', null]);
    const compared = over.comparison!.tables.filter(({ equal }) => !equal);
    assert.deepEqual(compared, [], 'the live one knew the same then');
    const questions = everyQuestion({ ...namesOf(prefix), events: recorded.slice(8, 14).map(({ id }) => id) });
    const found = await everyAnswer({ get }, questions, `projectionRun=${over.id}`);
    const expected = await everyAnswer({ get }, questions, `knownAt=${until}`);
    for (const question of questions) assertSame(found.get(question), expected.get(question), question);
    await remove(`/v1/rebuilds/${over.id}`);
  });
  assertAtLeast(
    all.map(({ type }) => type),
    { EventCorrected: 2, EventRetracted: 1, PositionStated: 4 },
  );
  t.pass();
});

/**
 * What of a log is left where some sources are left out, with what is said about their events; and what then could not have been
 * recorded, as it refers to them.
 */
function withoutSources(taken: Draft[], sources: string[]) {
  const log = new MemoryLog();
  const kept: Draft[] = [];
  const orphans: string[] = [];
  const left = new Map<unknown, Draft>();
  for (const draft of taken) {
    const { publisher, title, url } = (draft['source'] ?? {}) as Record<string, string | undefined>;
    const isOf = [publisher, title, url].some((name) => name !== undefined && sources.includes(name));
    const isAbout = isAboutEvent(draft) && left.has((draft.data as { event: string }).event);
    if (!isOf && !isAbout && log.take(draft)) kept.push(draft);
    else left.set(draft.id, draft);
    if (!isOf && !isAbout && left.has(draft.id)) orphans.push(draft.id!);
  }
  return { kept, orphans, left: [...left.values()].map(({ type }) => type) };
}

t.test('without some of its sources, every answer is that of a Demarche that never heard of them', async (t) => {
  const whole = await startDemarche(t);
  const names = ['A report', 'https://herald.example/a?b=c', 'Gazette', 'The Herald'];
  const drawn = fc.sample(fc.tuple(stepsOf(KINDS, { maxLength: 80 }), fc.subarray(names, { minLength: 1 })), {
    seed: 7,
    numRuns: 60,
  });
  const told = drawn.map(([steps, sources], n) => {
    const { taken } = logOf(steps, `w${n}`, 10_000 * (n + 1));
    return { prefix: `w${n}`, taken, sources, ...withoutSources(taken, sources) };
  });
  // Those in which most is said about what is left out.
  const saidAbout = ({ left }: { left: string[] }) => left.filter((type) => isAboutEvent({ type })).length;
  const chosen = told.toSorted((one, other) => saidAbout(other) - saidAbout(one)).slice(0, 4);
  assertAtLeast(
    chosen.flatMap(({ left }) => left),
    { EventCorrected: 2, EventRetracted: 1, PositionStated: 4 },
  );
  const everything: string[] = [];
  for (const { prefix, taken, sources, kept, orphans } of chosen) {
    const last = await whole.record(...taken);
    // Each log is told apart from the others by its names; the others are left out too.
    const events = [...orphans, ...everything];
    everything.push(...taken.map(({ id }) => id!));
    const bare = await startDemarche(t);
    const lastKept = await bare.record(...kept);
    const questions = everyQuestion({ ...namesOf(prefix), events: kept.slice(8, 16).map(({ id }) => id!) });
    await reflects(bare, questions, lastKept);
    await reflects(whole, questions, last);
    const over = await rebuildOf(whole, 'all', { leaveOut: { sources, events } });
    t.match([over.state, over.error], ['scratch', null]);
    const found = await everyAnswer(whole, questions, `projectionRun=${over.id}`);
    const expected = await everyAnswer(bare, questions, '');
    for (const question of questions) assertSame(found.get(question), expected.get(question), question);
    t.ok([...expected.values()].some((one) => JSON.stringify(one).length > 1_000));
  }
});
