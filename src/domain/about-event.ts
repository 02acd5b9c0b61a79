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

/** What a redaction names is there to be removed, and nothing that repeats it stays. */
export function redactionViolations(event: NewEvent<AboutContent>, known: Known): Violation[] {
  const target = known.fact(event.data.event)!;
  const pointer = '/data/event';
  if (target.redacted !== undefined)
    return [
      {
        pointer,
        found: `"${target.id}", redacted by event ${target.redacted}`,
        expected: 'an event that still says something',
      },
    ];
  if (target.type === 'EventRedacted')
    return [
      {
        pointer,
        found: 'an event of type EventRedacted',
        expected: 'an event of another type; a redaction stays on record',
      },
    ];
  const retracted = target.type === 'EventRetracted' ? known.fact(target.data['event'] as string) : undefined;
  // It would come back without its retraction.
  if (retracted && retracted.redacted === undefined)
    return [
      { pointer, found: 'a retraction', expected: `the redaction of what it takes back, ${retracted.id}, before it` },
    ];
  const repeating = known.saidAbout(target.id).filter(({ type }) => REPEATING.includes(type));
  if (repeating.length === 0) return [];
  const ids = repeating.map(({ id }) => id).join(', ');
  const found = `an event of which ${repeating.length} others tell`;
  return [{ pointer, found, expected: `the redaction of what was said about it before it: ${ids}` }];
}

/** They tell what they are about once more. */
const REPEATING = ['EventCorroborated', 'EventCorrected', 'EventDisputed'];

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
