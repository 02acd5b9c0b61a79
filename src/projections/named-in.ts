// The actors and issues that an event is about.
import type { EventContent } from '../domain/event.ts';
import { eventTypeOf } from '../domain/vocabulary.ts';

/** Those that the event refers to, and the one it registers. A source's own authors do not take part. */
export function namedIn(event: EventContent, kind: 'actor' | 'issue'): string[] {
  const referred = eventTypeOf(event)
    .references(event)
    .filter((reference) => reference.kind === kind && !reference.pointer.includes('/attribution/'))
    .map(({ target }) => target);
  const registered = event.data[kind];
  return [...new Set(typeof registered === 'string' ? [registered, ...referred] : referred)];
}
