// Decides whether an event may be recorded: its references exist, it does not claim the future, and its type's own rule holds.
import type { EventContent, NewEvent } from './event.ts';
import { countsAsFact, type Violation } from './event-type.ts';
import { applyReplacement, type Fact } from './fact.ts';
import type { Known } from './known.ts';
import { parseOccurred } from './occurred.ts';
import { pointerOf, type Reference } from './reference.ts';
import { eventTypeOf } from './vocabulary.ts';

/** Why the event must not be recorded, given what is known; empty where it may. The event's shape has been checked before. */
export function judge(event: NewEvent, known: Known): Violation[] {
  const type = eventTypeOf(event);
  const unmet = type.references(event).flatMap((reference) => referenceViolations(reference, known));
  if (unmet.length > 0) return unmet;
  const violations = [...futureViolations(event, known), ...(type.rule?.(event, known) ?? [])];
  if (violations.length > 0 || event.type !== 'EventCorrected') return violations;
  return correctionViolations(event, known);
}

/** Everything the event points at. A correction also points at what the corrected event would point at. */
export function referencesOf(event: NewEvent, known: Pick<Known, 'fact'>): Reference[] {
  const own = eventTypeOf(event).references(event);
  const target = event.type === 'EventCorrected' ? known.fact(event.data['event'] as string) : undefined;
  if (!target) return own;
  const corrected = correctedBy(event, target);
  // Before the event is judged, the replacement may have any shape.
  const wellFormed = eventTypeOf(target).content.safeParse(corrected).success;
  return wellFormed ? [...own, ...eventTypeOf(target).references(corrected)] : own;
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

/** The event that a correction leaves behind must itself be one that may be recorded. */
function correctionViolations(event: NewEvent, known: Known): Violation[] {
  const target = known.fact(event.data['event'] as string)!;
  const type = eventTypeOf(target);
  const parsed = type.content.safeParse(correctedBy(event, target));
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      pointer: `/data/replacement${pointerOf(issue.path)}`,
      found: `a replacement that makes no valid ${target.type}`,
      expected: issue.message,
    }));
  }
  const corrected = { ...parsed.data, id: target.id } as NewEvent;
  if (type.stream(corrected, known) !== target.stream) {
    const expected = `the same one as in ${target.stream}; retract the event and record another`;
    return [{ pointer: '/data/replacement/data', found: 'another actor or issue', expected }];
  }
  return judge(corrected, withoutIntroduction(target, known)).map((violation) => ({
    ...violation,
    pointer: `/data/replacement${violation.pointer}`,
  }));
}

function correctedBy(correction: NewEvent, target: Fact): EventContent {
  const { data, ...envelope } = target;
  const content: Record<string, unknown> = { data };
  for (const part of Object.keys(eventTypeOf(target).content.shape)) {
    if (part in envelope) content[part] = envelope[part as keyof typeof envelope];
  }
  return applyReplacement(
    content as unknown as EventContent,
    correction.data['replacement'] as Record<string, unknown>,
  );
}

/** What is known without the slug that the fact itself introduced, so that a corrected registration does not clash with itself. */
function withoutIntroduction(fact: Fact, known: Known): Known {
  const own = (type: string, part: string, slug: string) => fact.type === type && fact.data[part] === slug;
  return {
    ...known,
    hasActor: (slug) => known.hasActor(slug) && !own('ActorRegistered', 'actor', slug),
    hasIssue: (slug) => known.hasIssue(slug) && !own('IssueOpened', 'issue', slug),
  };
}
