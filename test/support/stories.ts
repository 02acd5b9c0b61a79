// The example of every event type, and what must be recorded before it.
import type { EventContent } from '../../src/domain/event.ts';
import type { EventType } from '../../src/domain/event-type.ts';
import { eventTypes } from '../../src/domain/vocabulary.ts';
import { actor, issue } from './cast.ts';
import { type Draft, idOf, MemoryLog } from './oracle-log.ts';

/** After everything that the examples tell. */
export const AFTERWARDS = new Date('2030-01-01T12:00:00Z');

export const exampleOf = ({ type, example }: EventType): Draft => ({ type, ...example });
export const emptyLog = () => new MemoryLog(AFTERWARDS.toISOString().slice(0, 10));

const referencesOf = (type: EventType) => type.references(exampleOf(type) as unknown as EventContent);

/** Everything that the examples name, registered: by an example where there is one for it, else in the simplest way. */
function registryStory(): Draft[] {
  const examples = eventTypes.filter(({ family }) => family === 'registry').map(exampleOf);
  const introduced = new Set(examples.flatMap(slugsIntroducedBy));
  const references = eventTypes.flatMap(referencesOf).filter(({ target }) => !introduced.has(target));
  const slugs = (kind: string) => [...new Set(references.filter((to) => to.kind === kind).map(({ target }) => target))];
  return inPossibleOrder([...slugs('actor').map((slug) => actor(slug)), ...slugs('issue').map(issue), ...examples]);
}

export function slugsIntroducedBy({ type, data }: Pick<Draft, 'type' | 'data'>): unknown[] {
  const { actor, issue } = data as Record<string, unknown>;
  return type === 'ActorRegistered' ? [actor] : type === 'IssueOpened' ? [issue] : [];
}

/** The events in an order in which each may be recorded after those before it. */
function inPossibleOrder(drafts: Draft[]): Draft[] {
  const log = emptyLog();
  const ordered: Draft[] = [];
  for (let waiting = drafts; waiting.length > 0;) {
    const taken = waiting.filter((draft) => log.take(draft));
    if (taken.length === 0) throw new Error(`No order lets these be recorded: ${JSON.stringify(waiting)}`);
    ordered.push(...taken);
    waiting = waiting.filter((draft) => !taken.includes(draft));
  }
  return ordered;
}

export const registered = registryStory();

/**
 * The example of a type, after the events that it points at. These get ids from `first` on, and are the first examples
 * after which it may be recorded.
 */
function storyOf(type: EventType, first: number): Draft[] {
  const targets = [...new Set(referencesOf(type).flatMap(({ kind, target }) => (kind === 'event' ? [target] : [])))];
  const text = JSON.stringify(exampleOf(type));
  const example = JSON.parse(targets.reduce((all, id, n) => all.replaceAll(id, idOf(first + n)), text)) as Draft;
  for (const candidate of eventTypes.filter(pointsAtNoEvent)) {
    const before = targets.map((_, n) => ({ ...exampleOf(candidate), id: idOf(first + n) }));
    const log = emptyLog().record(...registered);
    if (before.every((draft) => log.take(draft)) && log.take(example)) return [...before, example];
  }
  throw new Error(`After no other example may that of ${type.type} be recorded.`);
}

function pointsAtNoEvent(type: EventType): boolean {
  return referencesOf(type).every(({ kind }) => kind !== 'event');
}

/** By type: its example last. Those of the registry family are told already. */
export const stories = new Map(
  eventTypes.map((type, n) => [type, type.family === 'registry' ? [exampleOf(type)] : storyOf(type, 1_000 + n * 10)]),
);
