// Logs as they could come about: fast-check draws steps, and each becomes an event that may be recorded after those before it.
import * as fc from 'fast-check';
import { isAboutEvent } from '../../src/domain/fact.ts';
import type { RecordedEvent } from '../../src/domain/event.ts';
import { modality } from '../../src/domain/modality.ts';
import { FIRMNESSES } from '../../src/domain/stance.ts';
import { type Draft, idOf, MemoryLog } from './oracle-log.ts';

/** Few, so that much is said of the same: two people, a cabinet, and the state it mostly speaks for. */
const ACTORS = { ann: 5, ben: 2, cabinet: 3, dorne: 1 };
const INSTITUTIONS = { cabinet: 4, dorne: 4, ben: 1, ann: 1 };
const ISSUES = { peace: 5, quota: 1 };
const OFFICES = { Head: 3, Chair: 1 };

/** Vague, open and exact dates that overlap in every way, and one that is still to come. */
const DATES = [
  '2024 2023 202X 2024-21 2024-02 2024-03~ 2024-02-15 2024-02-29 2024-03-01 2024-03-01 2024-06 2024-06-01?',
  '2024-02-15/2024-03-15 ../2024-02 2024-03/.. /2023 2024-02-29T23:30:00-05:00 2023-12-31/2024 2025',
].flatMap((line) => line.split(' '));

/** The days around which the dates begin and end. */
export const DAYS = ['1999-01-01', '2023-12-31', '2024-02-15', '2024-02-29', '2024-03-01', '2024-06-15', '2029-12-31'];

/** How often each kind is drawn, as with all such numbers here. */
const KINDS = {
  say: 10,
  withdraw: 1,
  assume: 4,
  vacate: 2,
  represent: 2,
  correct: 6,
  retract: 5,
  register: 1,
  open: 1,
  rename: 1,
  reword: 1,
};

function weighted<Name extends string>(weights: Record<Name, number>): fc.Arbitrary<Name> {
  const names = Object.keys(weights) as Name[];
  return fc.oneof(...names.map((name) => ({ weight: weights[name], arbitrary: fc.constant(name) })));
}

/** What is drawn for one event; each kind takes of it what it needs. */
const step = fc.record({
  kind: weighted(KINDS),
  who: weighted(ACTORS),
  whom: weighted(INSTITUTIONS),
  issue: weighted(ISSUES),
  office: weighted(OFFICES),
  occurred: fc.constantFrom(...DATES),
  position: fc.constantFrom(-2, -1, 0, 1, 2),
  firmness: fc.constantFrom(undefined, ...FIRMNESSES),
  modality: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, fc.constantFrom(...modality.options)),
  /** Which of the earlier events, counted from the last one. */
  target: fc.nat(20),
  /** Chooses between the forms that a kind has. */
  form: fc.nat(11),
});

type Drawn = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** With the names of one log. */
type Step = Drawn & { who: string; whom: string; issue: string };

export const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });

/** The names of one log, apart from those of all others in the same database. */
export function namesOf(prefix: string) {
  return {
    actors: Object.keys(ACTORS).map((name) => `${prefix}-${name}`),
    issues: Object.keys(ISSUES).map((name) => `${prefix}-${name}`),
  };
}

/** The steps as events that may be recorded in this order; those that may not are left out. `first` is the first id's number. */
export function eventsOf(drawn: Drawn[], prefix: string, first: number): Draft[] {
  const log = new MemoryLog();
  const taken: Draft[] = [];
  const take = (draft: Draft | undefined) => {
    if (!draft) return;
    // As it will be sent: what is undefined is not there.
    const identified = JSON.parse(JSON.stringify({ id: idOf(first + taken.length), ...draft })) as Draft;
    if (log.take(identified)) taken.push(identified);
  };
  const { actors, issues } = namesOf(prefix);
  for (const actor of actors) take(registration(actor, {}));
  for (const issue of issues) take(opening(issue, 'first'));
  for (const one of drawn) {
    const named = {
      ...one,
      who: `${prefix}-${one.who}`,
      whom: `${prefix}-${one.whom}`,
      issue: `${prefix}-${one.issue}`,
    };
    take(eventOf(named as unknown as Step, log));
  }
  return taken;
}

function eventOf(step: Step, log: MemoryLog): Draft | undefined {
  const { kind, who, whom, issue, office, occurred, form } = step;
  switch (kind) {
    case 'say':
      return utterance(step, log);
    case 'withdraw':
      return {
        type: 'PositionWithdrawn',
        occurred,
        data: { speaker: who, issue, summary: 'Withdrawn' },
        modality: step.modality,
      };
    case 'assume':
      return { type: 'OfficeAssumed', occurred, data: { actor: who, office, of: whom } };
    case 'vacate': {
      const assumed = log.events.findLast(
        ({ type, data }) => type === 'OfficeAssumed' && (form < 4 || data['actor'] === who),
      );
      return assumed && { type: 'OfficeVacated', occurred, data: assumed.data };
    }
    case 'represent': {
      const registered = log.events.findLast(({ type, data }) => type === 'ActorRegistered' && data['actor'] === who);
      return registered && corrected(registered, replacementFor(registered, { ...step, form: form < 9 ? 4 : 5 }));
    }
    case 'register':
      return registration(who, step);
    case 'rename':
      return { type: 'ActorRenamed', occurred, data: { actor: who, ...NAMES[form % 3] } };
    case 'open':
      return opening(issue, 'again');
    case 'reword':
      return { type: 'IssueReworded', occurred, data: { issue, proposition: `In other words ${form}` } };
    case 'correct':
      return correction(step, log);
    case 'retract': {
      const target = targetOf(step, log);
      return target && { type: 'EventRetracted', occurred: '2024-11-18', data: { event: target.id, reason: 'Wrong' } };
    }
  }
}

const NAMES = [{ name: 'New Name' }, { aliases: ['Old Name', 'Other Name'] }, { name: 'Newest Name', aliases: ['N.'] }];

function registration(actor: string, { whom, form = 1, occurred = '2024' }: Partial<Step>): Draft {
  const data = { actor, kind: 'organisation', name: `Name of ${actor}`, ...(form % 2 === 0 && { represents: whom }) };
  return { type: 'ActorRegistered', occurred, data };
}

function opening(issue: string, words: string): Draft {
  return {
    type: 'IssueOpened',
    occurred: '2024-02-29',
    data: { issue, proposition: `It should ${words} be ${issue}` },
  };
}

function utterance(step: Step, log: MemoryLog): Draft {
  const { who, whom, occurred, form } = step;
  const said = { speaker: who, summary: `Said ${form}`, ...(form === 0 && { onBehalfOf: whom }) };
  const attribution = form === 1 ? [{ label: 'A paper' }, { actor: whom }] : undefined;
  const envelope = { occurred, modality: step.modality, stance: stanceOf(step), attribution };
  if (form < 6) return { type: 'PositionStated', data: said, ...envelope };
  if (form < 8) return { type: 'DemandStated', data: { ...said, force: 'demand', addressees: [whom] }, ...envelope };
  if (form < 9) return { type: 'StatementMade', data: { ...said, quote: 'Words' }, occurred };
  const target = targetOf(step, log);
  const to = target ? { kind: 'event', event: target.id } : { kind: 'conduct', of: whom, description: 'Conduct' };
  return { type: 'ReactionIssued', data: { ...said, to, sentiment: step.position }, ...envelope };
}

function stanceOf({ issue, position, firmness, form, target }: Step) {
  const conditions = [undefined, { added: ['this'] }, { dropped: ['that'] }][target % 3];
  return { issue, position, firmness, conditions, ...(form === 1 && { claimedReiteration: true }) };
}

/** An event that still stands, counted from the last one. */
function targetOf({ target }: Step, { events, known }: MemoryLog): RecordedEvent | undefined {
  return events.filter(({ id, type }) => type !== 'EventRetracted' && !known.fact(id)?.retracted).at(-1 - target);
}

function correction(step: Step, log: MemoryLog): Draft | undefined {
  const target = targetOf(step, log);
  if (!target || isAboutEvent(target)) return undefined;
  return corrected(target, replacementFor(target, step));
}

function corrected({ id }: RecordedEvent, replacement: object): Draft {
  return { type: 'EventCorrected', occurred: '2024-11-18', data: { event: id, reason: 'Wrong', replacement } };
}

function replacementFor({ type, data }: RecordedEvent, step: Step): object {
  const { form, occurred, who, whom, office } = step;
  if (form < 3) return { occurred };
  if (form < 4) return { source: { title: 'Another paper' }, grade: { reliability: 'B' } };
  if (type === 'OfficeAssumed' || type === 'OfficeVacated') return { data: { ...data, office, of: whom } };
  if (type === 'ActorRegistered') {
    const { represents: _, ...rest } = data;
    return { data: form % 2 === 0 ? { ...rest, represents: whom } : rest };
  }
  if (type === 'IssueOpened' || type === 'IssueReworded') return { data: { ...data, proposition: 'Corrected words' } };
  if (type === 'ActorRenamed') return { data: { ...data, name: 'Corrected Name' } };
  if (form < 6) return { modality: step.modality ?? null };
  if (type === 'PositionWithdrawn') return { data: { ...data, speaker: who, issue: step.issue } };
  if (form < 9) return { data: { ...data, speaker: who } };
  return { stance: form === 9 ? null : stanceOf(step) };
}
