// Logs as they could come about: fast-check draws steps, and each becomes an event that may be recorded after those before it.
import * as fc from 'fast-check';
import { modality } from '../../src/domain/modality.ts';
import { FIRMNESSES } from '../../src/domain/stance.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';
import { aboutOf } from './generate-about.ts';
import { dataOf } from './generate-data.ts';
import { attributionOf, CODINGS, GRADES, LINKS, SOURCES, stanceOf } from './generate-envelope.ts';
import { ACTORS, DATES, INSTITUTIONS, ISSUES, OFFICES, type Weights } from './generate-vocabulary.ts';
import { type Draft, idOf, MemoryLog } from './oracle-log.ts';

export { DAYS } from './generate-vocabulary.ts';

/** How often each kind of step is drawn: the name of an event type, or what becomes of one actor's registration. */
export type Kinds = Weights;

/** Mostly what is said, and who speaks for whom. */
const SAYINGS: Kinds = {
  PositionStated: 10,
  DemandStated: 3,
  StatementMade: 2,
  ReactionIssued: 4,
  PositionWithdrawn: 2,
  OfficeAssumed: 6,
  OfficeVacated: 3,
  represent: 3,
  ActorRegistered: 1,
  ActorRenamed: 2,
  IssueOpened: 1,
  IssueReworded: 2,
  EventCorrected: 8,
  EventRetracted: 7,
  CallHeld: 1,
  DemandAnswered: 1,
  CommitmentMade: 1,
  AidChanged: 1,
  EventCorroborated: 1,
  EventDisputed: 1,
};

/** What may happen beside anything: offices change hands, and events are corrected, taken back, reported again and disputed. */
export const ABOUT_ANYTHING: Kinds = {
  OfficeAssumed: 2,
  OfficeVacated: 1,
  represent: 2,
  EventCorrected: 8,
  EventRetracted: 4,
  EventCorroborated: 1,
  EventDisputed: 1,
};

function weighted(weights: Weights): fc.Arbitrary<string> {
  return fc.oneof(...Object.entries(weights).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })));
}

/** What is drawn for one event; each kind takes of it what it needs. */
function stepOf(kinds: Kinds, others: number) {
  return fc.record({
    kind: weighted(kinds),
    who: weighted(ACTORS),
    whom: weighted(INSTITUTIONS),
    others: fc.uniqueArray(weighted(ACTORS), { maxLength: others }),
    issue: weighted(ISSUES),
    office: weighted(OFFICES),
    occurred: fc.constantFrom(...DATES),
    position: fc.constantFrom(-2, -1, 0, 1, 2),
    firmness: fc.constantFrom(undefined, ...FIRMNESSES),
    modality: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, fc.constantFrom(...modality.options)),
    source: fc.constantFrom(...SOURCES),
    grade: fc.constantFrom(...GRADES),
    coding: fc.constantFrom(...CODINGS),
    links: fc.array(fc.constantFrom(...LINKS), { maxLength: 2 }),
    /** Which of the earlier events, counted from the last one. */
    target: fc.nat(20),
    /** Chooses between the forms that a kind has, and between the words of a list. */
    form: fc.nat(11),
    word: fc.nat(29),
  });
}

type Drawn = ReturnType<typeof stepOf> extends fc.Arbitrary<infer T> ? T : never;

/** With the names of one log. */
export type Step = Drawn;

export function stepsOf(kinds: Kinds, { maxLength = 60, others = 2 } = {}): fc.Arbitrary<Drawn[]> {
  return fc.array(stepOf(kinds, others), { minLength: 1, maxLength, size: 'max' });
}

export const steps = stepsOf(SAYINGS);

/** The names of one log, apart from those of all others in the same database. */
export function namesOf(prefix: string) {
  return {
    actors: Object.keys(ACTORS).map((name) => `${prefix}-${name}`),
    issues: Object.keys(ISSUES).map((name) => `${prefix}-${name}`),
  };
}

/** The steps as events that may be recorded in this order; those that may not are left out. `first` is the first id's number. */
export function eventsOf(drawn: Drawn[], prefix: string, first: number): Draft[] {
  return logOf(drawn, prefix, first).taken;
}

/** The same, with the log they make in memory. */
export function logOf(drawn: Drawn[], prefix: string, first: number) {
  const log = new MemoryLog();
  const taken: Draft[] = [];
  const take = (draft: Draft | undefined) => {
    if (!draft) return;
    // As it will be sent: what is undefined is not there.
    const identified = JSON.parse(JSON.stringify({ id: idOf(first + taken.length), ...draft })) as Draft;
    if (log.take(identified)) taken.push(identified);
  };
  const { actors, issues } = namesOf(prefix);
  for (const actor of actors) {
    take({
      type: 'ActorRegistered',
      occurred: '2024',
      data: { actor, kind: 'organisation', name: `Name of ${actor}` },
    });
  }
  for (const issue of issues) {
    take({ type: 'IssueOpened', occurred: '2024-02-29', data: { issue, proposition: `It should first be ${issue}` } });
  }
  for (const one of drawn) {
    const named = {
      ...one,
      who: `${prefix}-${one.who}`,
      whom: `${prefix}-${one.whom}`,
      others: one.others.map((other) => `${prefix}-${other}`),
      issue: `${prefix}-${one.issue}`,
    };
    take(eventOf(named, log));
  }
  return { log, taken };
}

function eventOf(step: Step, log: MemoryLog): Draft | undefined {
  const about = aboutOf(step, log);
  if (about !== 'none') return about;
  const data = dataOf(step.kind, step, log);
  if (!data) return undefined;
  const { kind: type, occurred, source, grade, coding } = step;
  const { family, stance } = eventTypeOf({ type });
  const ofWorld = family !== 'registry';
  const takesStance = stance === 'required' || (stance === 'optional' && step.form % 4 !== 3);
  return {
    type,
    occurred,
    data,
    source,
    grade,
    attribution: attributionOf(step, data),
    ...(ofWorld && { modality: step.modality, coding }),
    ...(takesStance && { stance: stanceOf(step) }),
  };
}
