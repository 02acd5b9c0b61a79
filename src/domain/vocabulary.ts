// The event types by name, and the types that TypeScript derives from them.
import type { EventContent } from './event.ts';
import type { ContentOf, EventType } from './event-type.ts';
import { FAMILIES } from './event-type.ts';
import * as all from './event-types.ts';

type All = typeof all;

/** The name of an event type. */
export type TypeName = keyof All;

/** The content of an event by the name of its type: `Content<'CallHeld'>`. */
export type Content<Name extends TypeName = TypeName> = { [N in Name]: ContentOf<All[N]> }[Name];

/** Every event type, by family, then by name. */
export const eventTypes: readonly EventType[] = Object.values(all as unknown as Record<string, EventType>).toSorted(
  (a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family),
);

const byName = new Map(eventTypes.map((type) => [type.type, type]));

/** The event type of that name; undefined where there is none. */
export function findEventType(name: string): EventType | undefined {
  return byName.get(name);
}

/** The event type of an event that the log holds. Throws for a type this code does not know. */
export function eventTypeOf({ type }: Pick<EventContent, 'type'>): EventType {
  const found = byName.get(type);
  if (!found)
    throw new Error(`The log holds an event of type "${type}", which this version of Demarche does not know.`);
  return found;
}
