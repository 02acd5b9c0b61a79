// Events that a what-if leaves out: what would we believe without them?
import type { RecordedEvent } from '../domain/event.ts';
import { isAboutEvent } from '../domain/fact.ts';
import { publisherOf } from '../domain/sourcing.ts';

export interface LeftOut {
  /**
   * Each the publisher, the title or the URL of a source (where it has no publisher, also the host of its URL), or an actor or a
   * label in the chain of attribution: the Kremlin's readout is left out wherever it was read.
   */
  sources: string[];
  /** Ids of events. */
  events: string[];
}

export const NOTHING_LEFT_OUT: LeftOut = { sources: [], events: [] };

/** Whether it leaves out anything at all. */
export function leavesOut({ sources, events }: LeftOut): boolean {
  return sources.length > 0 || events.length > 0;
}

/** Answers whether an event is kept that stands in the stream of `others`, among which is what it is about. */
export type Keeps = (event: RecordedEvent, others: readonly RecordedEvent[]) => boolean;

/** What is said about an event that is left out goes with it. */
export function keeperOf({ sources, events }: LeftOut): Keeps {
  const names = new Set(sources);
  const ids = new Set(events);
  const isLeftOut = ({ id, source, attribution = [] }: RecordedEvent): boolean => {
    if (ids.has(id)) return true;
    const document = source ? [publisherOf(source), source.publisher, source.title, source.url] : [];
    const chain = attribution.flatMap(({ actor, label }) => [actor, label]);
    return [...document, ...chain].some((name) => typeof name === 'string' && names.has(name));
  };
  return (event, others) => {
    for (let one: RecordedEvent | undefined = event; one !== undefined;) {
      if (isLeftOut(one)) return false;
      if (!isAboutEvent(one)) return true;
      const target: unknown = one.data['event'];
      one = others.find(({ id }) => id === target);
    }
    return true;
  };
}
