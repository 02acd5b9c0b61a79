// Decides whether an event may be recorded: its references exist, it does not claim the future, and its type's own rule holds.
import type { EventContent, NewEvent } from './event.ts';
import { countsAsFact, type Violation } from './event-type.ts';
import { applyReplacement, isAboutEvent, type Fact } from './fact.ts';
import type { Known } from './known.ts';
import { parseOccurred } from './occurred.ts';
import { pointerOf, type Reference } from './reference.ts';
import { eventTypeOf } from './vocabulary.ts';

/** Why the event must not be recorded, given what is known; empty where it may. The event's shape has been checked before. */
export function judge(event: NewEvent, known: Known): Violation[] {
  const unmet = unmetReferences(event, known);
  if (unmet.length > 0) return unmet;
  const violations = contentViolations(event, known);
  if (violations.length > 0) return violations;
  const left = aftermath(event, known);
  if (!left) return [];
  return event.type === 'EventCorrected' ? correctionViolations(left, known) : undoingViolations(left, known);
}

/** What is wrong with what the event says, where all that it points at is there. */
function contentViolations(event: NewEvent, known: Known): Violation[] {
  return [
    ...futureViolations(event, known),
    ...partsViolations(event, known),
    ...(eventTypeOf(event).rule?.(event, known) ?? []),
  ];
}

/** Everything the event points at, also by what it leaves behind and by what had stood there. */
export function referencesOf(event: NewEvent, known: Pick<Known, 'fact' | 'factWithout'>): Reference[] {
  const own = eventTypeOf(event).references(event);
  const left = aftermath(event, known);
  // Before the event is judged, a replacement may have any shape.
  const wellFormed = left !== undefined && eventTypeOf(left.target).content.safeParse(left.content).success;
  if (!wellFormed) return own;
  const { references } = eventTypeOf(left.target);
  return [...own, ...references(left.content), ...references(left.standing)];
}

/** Another event as it reads once this one is recorded. */
interface Aftermath {
  target: Fact;
  content: EventContent;
  /** As it reads until then. */
  standing: EventContent;
}

/** A correction leaves another account behind; so does taking a correction back, which brings an earlier one to light. */
function aftermath(event: NewEvent, known: Pick<Known, 'fact' | 'factWithout'>): Aftermath | undefined {
  if (event.type !== 'EventCorrected' && event.type !== 'EventRetracted') return undefined;
  const target = known.fact(event.data['event'] as string);
  if (target && event.type === 'EventCorrected')
    return { target, content: correctedBy(event, target), standing: contentOf(target) };
  const restored = target?.type === 'EventCorrected' ? known.factWithout(target.id) : undefined;
  if (restored?.retracted !== null) return undefined;
  return { target: restored, content: contentOf(restored), standing: contentOf(known.fact(restored.id)!) };
}

function unmetReferences(event: EventContent, known: Known): Violation[] {
  return eventTypeOf(event)
    .references(event)
    .filter((reference) => !isRedacted(event, reference, known))
    .flatMap((reference) => referenceViolations(reference, known));
}

/** What was retracted may be redacted still. */
function isRedacted({ type }: EventContent, { pointer, target }: Reference, known: Known): boolean {
  return type === 'EventRedacted' && pointer === '/data/event' && known.fact(target) !== undefined;
}

function referenceViolations({ kind, target, pointer }: Reference, known: Known): Violation[] {
  const found = `"${target}"`;
  if (kind === 'actor') {
    return known.hasActor(target)
      ? []
      : [{ pointer, found, expected: 'a registered actor', unknown: { kind, target } }];
  }
  if (kind === 'issue') {
    return known.hasIssue(target) ? [] : [{ pointer, found, expected: 'an open issue', unknown: { kind, target } }];
  }
  const fact = known.fact(target);
  if (!fact) return [{ pointer, found, expected: 'the id of a recorded event' }];
  if (fact.retracted !== null) {
    return [
      {
        pointer,
        found: `${found}, retracted by event ${fact.retracted}`,
        expected: 'an event that still stands',
      },
    ];
  }
  return [];
}

function futureViolations(event: NewEvent, known: Known): Violation[] {
  const { earliest } = parseOccurred(event.occurred);
  if (!countsAsFact(event) || earliest === null || earliest <= known.today) return [];
  return [
    {
      pointer: '/occurred',
      found: `${event.occurred}, which is still to come`,
      expected: `a date up to ${known.today}, or the modality planned or conditional`,
    },
  ];
}

/** An attribution that covers parts of the data, and a rival account of them, name fields that the event's type has. */
function partsViolations(event: NewEvent, known: Known): Violation[] {
  const told = isAboutEvent(event) ? known.fact(event.data['event'] as string)! : event;
  const account = event.type === 'EventDisputed' ? (event.data['account'] as { data?: object } | undefined) : undefined;
  const named = [
    ...(event.attribution ?? []).flatMap(({ parts = [] }, link) =>
      parts.map((field, n) => ({ field, pointer: `/attribution/${link}/parts/${n}` })),
    ),
    ...Object.keys(account?.data ?? {}).map((field) => ({
      field,
      pointer: pointerOf(['data', 'account', 'data', field]),
    })),
  ];
  if (named.length === 0) return [];
  const fields = Object.keys(eventTypeOf(told).data.shape);
  return named
    .filter(({ field }) => !fields.includes(field))
    .map(({ field, pointer }) => ({
      pointer,
      found: `"${field}"`,
      expected: `a field of the data of ${told.type}: ${fields.join(', ')}`,
    }));
}

function correctionViolations(left: Aftermath, known: Known): Violation[] {
  return aftermathViolations(left, known).map((violation) => ({
    ...violation,
    pointer: `/data/replacement${violation.pointer}`,
  }));
}

function undoingViolations(left: Aftermath, known: Known): Violation[] {
  return aftermathViolations(left, known).map(({ pointer, found, expected }) => ({
    pointer: '/data/event',
    found: `a correction; without it, ${pointer} would be ${found}`,
    expected,
  }));
}

/** What is left behind must itself be an event that may be recorded, about the same thing. */
function aftermathViolations({ target, content, standing }: Aftermath, known: Known): Violation[] {
  const type = eventTypeOf(target);
  const parsed = type.content.safeParse(content);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      pointer: pointerOf(issue.path),
      found: `a replacement that makes no valid ${target.type}`,
      expected: issue.message
        .replace(/^Invalid [^:]*: /, '')
        .replace(/, received .*$/, '')
        .replace(/^expected /, ''),
    }));
  }
  const miswritten = type
    .references(content)
    .filter((reference) => reference.target !== reference.target.toLowerCase());
  if (miswritten.length > 0)
    return miswritten.map(({ pointer, target: id }) => ({
      pointer,
      found: `"${id}"`,
      expected: 'the id in lower case',
    }));
  const event = { ...parsed.data, id: target.id } as NewEvent;
  const others = withoutTarget(target, known);
  // What has become impossible since, such as answering a demand that was withdrawn meanwhile, is no fault of the correction.
  const named = new Set(type.references(standing).map((reference) => reference.target));
  const unmet = type
    .references(event)
    .filter((reference) => !named.has(reference.target))
    .flatMap((reference) => referenceViolations(reference, others));
  if (unmet.length > 0) return unmet;
  const stream = type.stream(event, others);
  if (stream !== target.stream) {
    const expected = `data of ${target.stream}; to move the event, retract it and record another`;
    return [{ pointer: '/data', found: `data of ${stream}`, expected }];
  }
  const before = { ...standing, id: target.id } as NewEvent;
  const stood = new Set(contentViolations(before, others).map((violation) => gistOf(violation, before)));
  return contentViolations(event, others).filter((violation) => !stood.has(gistOf(violation, event)));
}

/** What a violation objects to, wherever that stands. */
function gistOf({ pointer, found, expected }: Violation, event: NewEvent): string {
  const steps = pointer.split('/').slice(1);
  const value = steps.reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], event);
  return JSON.stringify([value, found, expected]);
}

function correctedBy(correction: NewEvent, target: Fact): EventContent {
  return applyReplacement(contentOf(target), correction.data['replacement'] as Record<string, unknown>);
}

/** What the fact says, without what the log added. */
function contentOf(fact: Fact): EventContent {
  const parts = Object.keys(eventTypeOf(fact).content.shape).filter((part) => part in fact);
  return Object.fromEntries(parts.map((part) => [part, fact[part as keyof Fact]])) as unknown as EventContent;
}

/** What is known without the fact: a corrected registration does not clash with itself, and nothing can point at itself. */
function withoutTarget(target: Fact, known: Known): Known {
  const own = (type: string, part: string, slug: string) => target.type === type && target.data[part] === slug;
  return {
    ...known,
    hasActor: (slug) => known.hasActor(slug) && !own('ActorRegistered', 'actor', slug),
    hasIssue: (slug) => known.hasIssue(slug) && !own('IssueOpened', 'issue', slug),
    fact: (id) => (id === target.id ? undefined : known.fact(id)),
    factsIn: (stream) => known.factsIn(stream).filter(({ id }) => id !== target.id),
  };
}
