// Who acts towards whom in a fact: what CAMEO calls the source and the target actors.
import type { EventContent } from './event.ts';
import type { Dyad } from './event-type.ts';
import { eventTypeOf } from './vocabulary.ts';

/** The voices that act and those they act towards; nobody where the fact is no interaction. */
export function dyadOf(event: EventContent): Dyad {
  return eventTypeOf(event).dyad?.(event.data) ?? { from: [], to: [] };
}
