// The generated log that the measurements are made on: the same every time, valid, and as uneven as the field.
import t from 'tap';
import { generateEvents } from '../bench/generate-events.ts';
import type { NewEvent } from '../src/domain/event.ts';
import { eventTypeOf, eventTypes } from '../src/domain/vocabulary.ts';
import { parseOccurred } from '../src/domain/occurred.ts';
import { principalOf } from '../src/domain/principal.ts';
import { type Draft, MemoryLog } from './support/oracle-log.ts';

const events = [...generateEvents({ seed: 1, count: 5_000 })];

t.test('The same seed gives the same events, and the first ones do not depend on how many follow', async (t) => {
  const text = (seed: number, count: number) => JSON.stringify([...generateEvents({ seed, count })]);
  t.equal(text(1, 5_000), JSON.stringify(events));
  t.equal(text(1, 700), JSON.stringify(events.slice(0, 700)));
  t.not(text(2, 700), text(1, 700));
});

t.test('Every event can be recorded after those before it', async (t) => {
  const log = new MemoryLog();
  const refused = events.filter((event) => !log.take(event as unknown as Draft));
  t.same(refused, []);
  t.equal(new Set(events.map(({ id }) => id)).size, events.length);
});

t.test('All event types are there, as often as they are in the field', async (t) => {
  // What the law wants removed is not what happens in the field.
  const generated = eventTypes.map(({ type }) => type).filter((type) => type !== 'EventRedacted');
  t.same(new Set(events.map(({ type }) => type)), new Set(generated));
  const share = (...types: string[]) => events.filter(({ type }) => types.includes(type)).length / events.length;
  const frequent = share(
    'StatementMade',
    'ReactionIssued',
    'PositionStated',
    'DemandStated',
    'CallHeld',
    'MeetingHeld',
  );
  within(t, frequent, 0.55, 0.75, 'what is said and where one meets');
  within(t, share('EventCorroborated'), 0.04, 0.06, 'corroborations');
  within(t, share('EventCorrected'), 0.015, 0.025, 'corrections');
  within(t, share('EventDisputed'), 0.006, 0.014, 'disputes');
  within(t, share('EventRetracted'), 0.003, 0.007, 'retractions');
  const bytes = Buffer.byteLength(JSON.stringify(events)) / events.length;
  within(t, bytes, 900, 1_100, 'bytes an event');
});

t.test('Few actors and issues have most of the facts', async (t) => {
  const log = new MemoryLog().record(...(events as unknown as Draft[]));
  const ofWorld = events.filter((event) => !isOfRecord(event));
  const facts = ofWorld.map((event) => ({ event, principals: principalsIn(event, log) }));
  const byActor = counted(facts.flatMap(({ principals }) => [...principals.from, ...principals.to]));
  const byPair = counted(
    facts.flatMap(({ event: { stance }, principals: { from } }) =>
      stance ? from.map((principal) => `${principal} ${stance.issue}`) : [],
    ),
  );
  within(t, byActor[0]! / facts.length, 0.2, 0.3, 'the first actor');
  within(t, byPair[0]! / facts.length, 0.015, 0.03, 'the first actor on its first issue');
  t.ok(byActor[0]! > 10 * byActor.at(-1)!, 'the first actor has far more than the last');
});

t.test('A log of any length covers the same ten years, mostly to the day', async (t) => {
  const dated = events.filter((event) => !isOfRecord(event) && event.type !== 'EncounterAnnounced');
  const dates = dated.map(({ occurred }) => parseOccurred(occurred));
  const days = (from: number, to: number) =>
    dates
      .slice(from, to)
      .map(({ earliest }) => earliest ?? '')
      .filter(Boolean)
      .toSorted();
  for (const [from, to] of [
    [0, 1_000],
    [0, dates.length],
  ] as const) {
    t.match(days(from, to)[0], /^201[45]/);
    t.match(days(from, to).at(-1), /^2024/);
  }
  const share = (fits: (date: (typeof dates)[number]) => boolean) => dates.filter(fits).length / dates.length;
  const isInterval = ({ edtf }: (typeof dates)[number]) => edtf.includes('/');
  within(
    t,
    share((date) => date.precision === 'day' && !isInterval(date)),
    0.75,
    0.9,
    'days',
  );
  within(
    t,
    share((date) => date.precision === 'month'),
    0.08,
    0.18,
    'months',
  );
  within(
    t,
    share((date) => date.precision === 'year' || isInterval(date)),
    0.02,
    0.07,
    'years and intervals',
  );
  within(
    t,
    share(({ earliest, latest }) => earliest === null || latest === null),
    0.001,
    0.01,
    'open dates',
  );
});

t.test('One in ten arrives late', async (t) => {
  const exact = events.filter(({ type, occurred }) => type === 'PositionStated' && /^\d{4}-\d\d-\d\d$/.test(occurred));
  let late = 0;
  for (const [place, { occurred }] of exact.entries()) {
    // A month behind one of the neighbours before it, in the same archive, and not a year ahead of it: that is the next archive.
    const before = exact.slice(Math.max(0, place - 3), place).map((event) => Date.parse(event.occurred));
    const behind = (Math.max(...before) - Date.parse(occurred)) / 86_400_000;
    if (behind > 30 && behind < 1_000) late++;
  }
  within(t, late / exact.length, 0.06, 0.13, 'late');
});

function within(
  t: { ok(value: boolean, message: string): void },
  value: number,
  least: number,
  most: number,
  what: string,
) {
  t.ok(value >= least && value <= most, `${what}: ${value.toFixed(4)}, expected ${least} to ${most}`);
}

/** Whether it is about actors and issues, or about another event. */
function isOfRecord(event: NewEvent): boolean {
  return ['registry', 'about'].includes(eventTypeOf(event).family);
}

function principalsIn(event: NewEvent, { known }: MemoryLog): { from: string[]; to: string[] } {
  const dyad = eventTypeOf(event).dyad?.(event.data) ?? { from: [], to: [] };
  const day = parseOccurred(event.occurred);
  const principals = (voices: string[]) => voices.map((speaker) => principalOf({ speaker, ...day }, known));
  const from = new Set(principals(dyad.from));
  return { from: [...from], to: [...new Set(principals(dyad.to))].filter((principal) => !from.has(principal)) };
}

/** How often each occurs, the most frequent first. */
function counted(names: string[]): number[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()].toSorted((a, b) => b - a);
}
