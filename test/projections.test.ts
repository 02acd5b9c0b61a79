// The read models against an oracle: generated logs are recorded and applied as they would be live, and every answer is what
// plain code makes of the same events; a rebuild from zero makes the same tables to the last row, and is what the next log is
// applied to.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { generateEvents } from '../bench/generate-events.ts';
import type { RecordedEvent } from '../src/domain/event.ts';
import type { Fact } from '../src/domain/fact.ts';
import { parseOccurred } from '../src/domain/occurred.ts';
import { Actors } from '../src/projections/find-actors.ts';
import { Events } from '../src/projections/find-events.ts';
import { Issues } from '../src/projections/find-issues.ts';
import { type AssertionView, Positions } from '../src/projections/positions/find-positions.ts';
import { dayBounds } from '../src/projections/table.ts';
import { actor, CAST, issue, office, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { DAYS, eventsOf, namesOf, steps } from './support/generate-log.ts';
import { replaceByRebuilt, tell } from './support/histories.ts';
import { Oracle } from './support/oracle.ts';
import { type Draft, idOf } from './support/oracle-log.ts';

const EVERYTHING = 10_000;

async function startReadModels(t: Test) {
  const demarche = await startDemarche(t);
  const live = { runs: demarche.projector.answering, rebuild: null };
  return {
    demarche,
    actors: new Actors(live),
    events: new Events(live),
    issues: new Issues(live),
    positions: new Positions(live),
  };
}

type ReadModels = Awaited<ReturnType<typeof startReadModels>>;

/** A history, the pages in which it is applied, and the moments at which questions are asked. */
const history = fc.record({
  drawn: steps,
  pages: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  moments: fc.array(
    fc.record({ at: fc.option(fc.constantFrom(...DAYS), { freq: 3 }), back: fc.option(fc.nat(30), { freq: 4 }) }),
    { minLength: 1, maxLength: 3 },
  ),
});

let told = 0;

t.test('every answer is what the recorded events make of it', async (t) => {
  const models = await startReadModels(t);
  await fc.assert(
    fc.asyncProperty(history, async ({ drawn, pages, moments }) => {
      const prefix = `h${++told}`;
      const recorded = await tell(models.demarche, eventsOf(drawn, prefix, told * 1_000), pages);
      const last = recorded.at(-1)!.sequence;
      for (const { at, back } of moments) {
        const knownAt = back === null ? null : Math.max(recorded[0]!.sequence, last - back);
        await checkAnswers(models, new Oracle(recorded, knownAt), prefix, { at, knownAt });
      }
      const unretracted = new Oracle(withoutRetracted(recorded), null);
      await checkPositions(models, unretracted, prefix, { at: null, knownAt: null });
      await checkPositions(models, new Oracle(recorded, null), prefix, { at: null, knownAt: last });
      await replaceByRebuilt(models.demarche);
    }),
    // Making a counterexample small takes its time too.
    { numRuns: 25, interruptAfterTimeLimit: 60_000 },
  );
});

t.test('a log of many pages is rebuilt to the same tables, whatever was corrected long after', async (t) => {
  const demarche = await startDemarche(t);
  const about = (type: string, event: string, more: object = {}) => ({
    type,
    occurred: '2024-11-18',
    data: { event, reason: 'As it is', ...more },
  });
  const early = [
    { ...position('olaf-scholz', 'troop-withdrawal', 1, '2024-03'), id: idOf(1) },
    { ...position('olaf-scholz', 'troop-withdrawal', 2, '2024-04'), id: idOf(2) },
    { ...office('OfficeVacated', 'olaf-scholz', 'Federal Chancellor', 'germany', '2024-03-15'), id: idOf(3) },
  ];
  const late = [
    about('EventCorrected', idOf(1), { replacement: { occurred: '2024-02' } }),
    about('EventRetracted', idOf(2)),
    about('EventRetracted', idOf(3)),
  ];
  const between = generateEvents({ seed: 1, count: 2_500 });
  await tell(demarche, [...CAST, ...early, ...between, ...late] as Draft[], [500]);
  await t.resolves(replaceByRebuilt(demarche));
});

t.test('what becomes known of an institution reaches whoever speaks for those that speak for it', async (t) => {
  const models = await startReadModels(t);
  const spoken = { ...position('ann', 'peace', 1, '2024-03'), id: idOf(1) };
  const cabinet = { ...actor('cabinet', 'organisation'), id: idOf(2) };
  const represents = (whom: string) => ({
    type: 'EventCorrected',
    occurred: '2024-11-18',
    data: { event: cabinet.id, reason: 'As it is', replacement: { data: { ...cabinet.data, represents: whom } } },
  });
  const drafts = [
    actor('ann'),
    actor('dorne', 'state'),
    actor('essos', 'state'),
    issue('peace'),
    cabinet,
    actor('ministry', 'organisation', { represents: 'cabinet' }),
    spoken,
    office('OfficeAssumed', 'ann', 'Minister', 'ministry', '2024-01'),
    represents('dorne'),
    represents('essos'),
    { type: 'EventRetracted', occurred: '2024-11-18', data: { event: cabinet.id, reason: 'There is none' } },
  ];
  const recorded = await tell(
    models.demarche,
    drafts.map((draft, n) => ({ id: idOf(100 + n), ...draft })),
    [1],
  );
  const said = recorded.find(({ id }) => id === spoken.id)!.sequence;
  const principals = [];
  for (let knownAt = said; knownAt <= recorded.at(-1)!.sequence; knownAt++) {
    const { items } = await models.positions.onIssue('peace', { at: null, knownAt }, '', EVERYTHING);
    principals.push(items.map(({ principal }) => principal));
  }
  t.same(principals, [['ann'], ['cabinet'], ['dorne'], ['essos'], ['cabinet']]);
  await t.resolves(replaceByRebuilt(models.demarche));
});

type Moment = { at: string | null; knownAt: number | null };

async function checkAnswers(models: ReadModels, oracle: Oracle, prefix: string, moment: Moment): Promise<void> {
  await checkPositions(models, oracle, prefix, moment);
  const isOwn = ({ actor, issue }: { actor?: string; issue?: string }) => (actor ?? issue!).startsWith(`${prefix}-`);
  const { items: actors } = await models.actors.list(moment, {}, '', EVERYTHING);
  assert.deepEqual(actors.filter(isOwn), oracle.actors(moment.at));
  const { items: issues } = await models.issues.list(moment, '', EVERYTHING);
  assert.deepEqual(issues.filter(isOwn), oracle.issues(moment.at));
  const [actor, , other] = namesOf(prefix).actors as [string, string, string];
  const [issue] = namesOf(prefix).issues as [string];
  const seekings = [
    { actors: [actor], match: 'overlap' },
    { actors: [actor], from: '2024-02-15', to: '2024-03-01', match: 'overlap' },
    { actors: [other, actor], from: '2024-02-15', match: 'contained' },
    { issues: [issue], from: '2024-02-01', to: '2024-03-01', match: 'contained' },
    { issues: [issue], types: ['PositionStated', 'IssueReworded'], to: '2024-03-01', match: 'overlap' },
    { actors: [other], text: 'sAiD 1', match: 'overlap' },
    { actors: [actor], modalities: ['planned'], match: 'overlap' },
    {
      issues: [issue],
      modalities: ['planned', 'asserted'],
      types: ['PositionStated', 'DemandStated'],
      match: 'overlap',
    },
    {
      issues: [issue],
      types: ['EventRetracted', 'PositionStated'],
      from: '2024-03-01',
      to: '2024-03-01',
      match: 'overlap',
    },
    { actors: [actor], from: '2024-01-01', to: '2024-02-29', match: 'contained' },
    // Later than anything begins but what has no end.
    { actors: [actor], from: '2026-01-01', match: 'overlap' },
  ] as const;
  for (const seeking of seekings) {
    const sought = seeking as unknown as Parameters<Oracle['events']>[0];
    const items = await inPages<Fact>(
      async (after) => (await models.events.inOrderOfOccurrence(sought, moment.knownAt, placeOf(after), 4)).items,
    );
    assert.deepEqual(items, oracle.events(sought));
  }
  for (const [event, expected] of Map.groupBy(oracle.reactions(), ({ data }) => data.to.event)) {
    const { items } = await models.events.reactionsTo(event, moment.knownAt, null, EVERYTHING);
    assert.deepEqual(items, expected);
  }
}

/** All items of a list that is asked for page by page, each beginning after the last item of the one before. */
async function inPages<T>(ask: (after: T | null) => Promise<T[]>): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await ask(items.at(-1) ?? null);
    if (page.length === 0) return items;
    items.push(...page);
  }
}

function placeOf(fact: Fact | null) {
  return fact && { ...dayBounds(parseOccurred(fact.occurred)), sequence: fact.sequence };
}

async function checkPositions(models: ReadModels, oracle: Oracle, prefix: string, moment: Moment): Promise<void> {
  const { actors, issues } = namesOf(prefix);
  const pairs = actors.flatMap((actor) => issues.map((issue) => ({ actor, issue })));
  await Promise.all([
    ...pairs.map(async ({ actor, issue }) => {
      const { series, countedFor, ...rest } = oracle.series(actor, issue, moment.at);
      const items = await inPages<AssertionView>(async (after) => {
        const {
          sequence: _,
          items,
          ...found
        } = await models.positions.series(actor, issue, moment, placeInSeries(after), 3);
        assert.deepEqual({ ...found, countedFor: found.countedFor.toSorted() }, { ...rest, countedFor });
        return items;
      });
      assert.deepEqual(items, series);
    }),
    ...issues.map(async (issue) => {
      const items = await inPages<{ principal: string }>(
        async (after) => (await models.positions.onIssue(issue, moment, after?.principal ?? '', 2)).items,
      );
      assert.deepEqual(items, oracle.onIssue(issue, moment.at));
    }),
    ...actors.map(async (actor) => {
      const { items } = await models.positions.ofPrincipal(actor, moment, '', EVERYTHING);
      assert.deepEqual(items, oracle.ofPrincipal(actor, moment.at));
    }),
    checkStands(models, oracle, actors, moment),
    checkChanges(models, oracle, prefix, moment.knownAt),
  ]);
}

async function checkStands(models: ReadModels, oracle: Oracle, actors: string[], moment: Moment): Promise<void> {
  const { items } = await models.positions.stands(actors, moment);
  const expected = actors.toSorted().flatMap((actor) => oracle.ofPrincipal(actor, moment.at));
  assert.deepEqual(items, expected);
}

async function checkChanges(models: ReadModels, oracle: Oracle, prefix: string, knownAt: number | null): Promise<void> {
  const { actors, issues } = namesOf(prefix);
  const windows = [
    { from: '0001-01-01', to: '2024-02-15' },
    { from: '2023-12-31', to: '2024-02-29' },
  ];
  const among = [
    { issues },
    { actors },
    { actors: actors.slice(0, 1), issues },
    { actors: actors.slice(0, 2), issues: issues.slice(0, 1) },
  ];
  for (const { from, to, ...names } of windows.flatMap((window) => among.map((some) => ({ ...window, ...some })))) {
    const items = await inPages<AssertionView>(async (after) => {
      const sought = { from, to, ...names };
      return (await models.positions.changes(sought, knownAt, placeInSeries(after), 3)).items;
    });
    const isSought = ({ principal, issue }: { principal: string; issue: string }) =>
      (names.actors ?? actors).includes(principal) && (names.issues ?? issues).includes(issue);
    const expected = oracle.changes(from, to).filter(isSought);
    assert.deepEqual(items, expected.toSorted(bySpeaker));
  }
}

/** What is otherwise in order: said in one event, by the speaker. */
function bySpeaker(a: { sequence: number; speaker: string }, b: { sequence: number; speaker: string }): number {
  return a.sequence === b.sequence ? (a.speaker < b.speaker ? -1 : 1) : 0;
}

function placeInSeries(after: AssertionView | null) {
  return after && { ...dayBounds(after.occurred), sequence: after.sequence, speaker: after.speaker };
}

/** The log as if what was retracted, and what was said about it, had never been recorded. */
function withoutRetracted(log: RecordedEvent[]): RecordedEvent[] {
  const about = ({ data }: RecordedEvent) => data['event'] as string;
  const retracted = new Set(log.filter(({ type }) => type === 'EventRetracted').map(about));
  return log.filter(
    (event) =>
      event.type !== 'EventRetracted' &&
      !retracted.has(event.id) &&
      !(event.type === 'EventCorrected' && retracted.has(about(event))),
  );
}
