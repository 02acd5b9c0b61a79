// Recording may be limited to certain issues: what is recorded then names one of them at least, and no other.
import type { EventContent, NewEvent } from './event.ts';
import type { Violation } from './event-type.ts';
import { isAboutEvent } from './fact.ts';
import { referencesOf } from './judge.ts';
import type { Known } from './known.ts';
import { eventTypeOf } from './vocabulary.ts';

interface Naming {
  issue: string;
  pointer: string;
}

/** Why an event, which may be recorded as such, is beyond the limit; empty where it is not. */
export function limitViolations(event: NewEvent, issues: readonly string[], known: Known): Violation[] {
  const named = namedBy(event, known);
  const expected = `an event about ${issues.join(', ')} alone: this access is limited to that`;
  const isBeyondLimit = true as const;
  if (named.length === 0) return [{ pointer: '', found: 'an event that names no issue', expected, isBeyondLimit }];
  const beyond = named.filter(({ issue }) => !issues.includes(issue));
  return beyond.map(({ issue, pointer }) => ({
    pointer,
    found: `the issue "${issue}"`,
    expected,
    isBeyondLimit,
  }));
}

/**
 * Those that the event names itself; those of a correction also before and after it; and those of the events that its data point at:
 * who may not record a fact may not take it back, answer it or move it either.
 */
function namedBy(event: NewEvent, known: Known): Naming[] {
  const own = namedIn(event);
  const references = isAboutEvent(event) ? referencesOf(event, known) : eventTypeOf(event).references(event);
  const others = references.flatMap(({ kind, target, pointer }) => {
    // What a correction leaves behind stands in no place of its own.
    if (kind === 'issue') return [{ issue: target, pointer: '/data/event' }];
    const fact = kind === 'event' && pointer.startsWith('/data/') ? known.fact(target) : undefined;
    return fact ? namedBy(fact, known).map(({ issue }) => ({ issue, pointer })) : [];
  });
  const further = new Map(others.map((one) => [one.issue, one]));
  return [...own, ...[...further.values()].filter(({ issue }) => !own.some((one) => one.issue === issue))];
}

/** In the event's own words: the issues that it refers to, and the one that it opens. */
function namedIn(event: EventContent): Naming[] {
  const referred = eventTypeOf(event)
    .references(event)
    .filter(({ kind }) => kind === 'issue')
    .map(({ target, pointer }) => ({ issue: target, pointer }));
  const { issue: opened } = event.data;
  if (typeof opened !== 'string' || referred.some(({ issue }) => issue === opened)) return referred;
  return [{ issue: opened, pointer: '/data/issue' }, ...referred];
}
