// What holds for an event that is about another event.
import type { EventContent, NewEvent } from './event.ts';
import type { Violation } from './event-type.ts';
import type { Known } from './known.ts';

type AboutContent = EventContent<string, { event: string }>;

/** An event about another belongs to the stream of the other. */
export function targetStream(event: NewEvent<AboutContent>, known: Known): string {
  const target = known.fact(event.data.event);
  if (!target)
    throw new Error(`Event ${event.data.event} is unknown; a stream is asked for only once an event is judged.`);
  return target.stream;
}

/** The target is not an event of these types; that it exists and is not retracted is checked for every reference. */
export function targetViolations(
  event: NewEvent<AboutContent>,
  known: Known,
  { refused, expected }: { refused: string[]; expected: string },
): Violation[] {
  const target = known.fact(event.data.event);
  if (!target || !refused.includes(target.type)) return [];
  return [{ pointer: '/data/event', found: `an event of type ${target.type}`, expected }];
}
