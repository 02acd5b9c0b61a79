// The filters of the log in memory: an event as it was recorded matches here exactly where the read model `events` would find it.
import type { RecordedEvent } from '../domain/event.ts';
import type { Selection } from '../events/log-page.ts';
import type { EventFilter } from './find-events.ts';
import { namedIn } from './named-in.ts';

/** What can be said of an event by itself, without the words and days that are indexed. */
export type RecordedFilter = Pick<EventFilter, 'types' | 'actors' | 'issues' | 'modalities' | 'stream' | 'correlation'>;

export function selectEvents(filter: RecordedFilter): Selection {
  const { types, modalities, stream, correlation, actors = [], issues = [] } = filter;
  const names = [...actors.map((slug) => ['actor', slug] as const), ...issues.map((slug) => ['issue', slug] as const)];
  return {
    key: JSON.stringify([types ?? null, modalities ?? null, stream ?? null, correlation ?? null, names]),
    matches: (event) =>
      (types?.includes(event.type) ?? true) &&
      (modalities?.includes(event.modality ?? 'asserted') ?? true) &&
      (stream === undefined || event.stream === stream) &&
      (correlation === undefined || event.correlationId === correlation) &&
      names.every(([kind, slug]) => namesOf(event, kind).has(slug)),
  };
}

type Named = Record<'actor' | 'issue', Set<string>>;

/** Worked out once, however many filters ask. */
const found = new WeakMap<RecordedEvent, Named>();

function namesOf(event: RecordedEvent, kind: keyof Named): Set<string> {
  let named = found.get(event);
  if (!named) {
    named = { actor: new Set(namedIn(event, 'actor')), issue: new Set(namedIn(event, 'issue')) };
    found.set(event, named);
  }
  return named[kind];
}
