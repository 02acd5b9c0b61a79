// The actors and issues that an event is about.
import type { Fact } from '../domain/fact.ts';
import { eventTypeOf } from '../domain/vocabulary.ts';

/** Those that the event refers to, and the one it registers. A source's own authors do not take part. */
export function namedIn(fact: Fact, kind: 'actor' | 'issue'): string[] {
  const referred = eventTypeOf(fact)
    .references(fact)
    .filter((reference) => reference.kind === kind && !reference.pointer.includes('/attribution/'))
    .map(({ target }) => target);
  const registered = fact.data[kind];
  return [...new Set(typeof registered === 'string' ? [registered, ...referred] : referred)];
}
