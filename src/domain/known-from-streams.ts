// Answers what is known from streams of recorded events, wherever these come from: memory, the database, or a group about to be recorded.
import type { RecordedEvent } from './event.ts';
import { factsOf, isAboutEvent, type Fact } from './fact.ts';
import type { Known } from './known.ts';
import { officeRecordOf } from './office.ts';
import type { Content } from './vocabulary.ts';

export interface Streams {
  /** The events of a stream in the order of the log; empty where there is none. */
  eventsOf(stream: string): readonly RecordedEvent[];
  /** The stream that holds the event of that id. */
  streamOf(id: string): string | undefined;
}

export function knownFromStreams(streams: Streams, today: string): Known {
  const actorFacts = (slug: string) => standingFacts(streams.eventsOf(actorStream(slug)));
  const registration = (slug: string) => actorFacts(slug).find(isOf('ActorRegistered'));
  return {
    today,
    hasActor: (slug) => registration(slug) !== undefined,
    hasIssue: (slug) => standingFacts(streams.eventsOf(issueStream(slug))).some(isOf('IssueOpened')),
    represents: (slug) => registration(slug)?.data.represents,
    officeRecords: (slug) => actorFacts(slug).filter(isOf('OfficeAssumed', 'OfficeVacated')).map(officeRecordOf),
    fact: (id) => {
      const stream = streams.streamOf(id);
      return stream === undefined ? undefined : folded(streams.eventsOf(stream)).get(id);
    },
    saidAbout: (id) =>
      [...folded(streams.eventsOf(streams.streamOf(id) ?? '')).values()].filter(
        (fact) => isAboutEvent(fact) && fact.data['event'] === id,
      ),
    factsIn: (stream) => standingFacts(streams.eventsOf(stream)),
    factWithout: (correction) => {
      const events = streams.eventsOf(streams.streamOf(correction) ?? '');
      const target = events.find(({ id }) => id === correction)?.data['event'] as string | undefined;
      return target === undefined ? undefined : factsOf(events.filter(({ id }) => id !== correction)).get(target);
    },
  };
}

export function actorStream(slug: string): string {
  return `actor-${slug}`;
}

export function issueStream(slug: string): string {
  return `issue-${slug}`;
}

/** Whether the stream belongs to the registry of actors and issues, which every decision may need. */
export function isRegistryStream(stream: string): boolean {
  return stream.startsWith('actor-') || stream.startsWith('issue-');
}

const foldings = new WeakMap<readonly RecordedEvent[], Map<string, Fact>>();

function folded(stream: readonly RecordedEvent[]): Map<string, Fact> {
  let facts = foldings.get(stream);
  if (!facts) foldings.set(stream, (facts = factsOf(stream)));
  return facts;
}

function standingFacts(stream: readonly RecordedEvent[]): Fact[] {
  return [...folded(stream).values()].filter((fact) => fact.retracted === null);
}

function isOf<Name extends Content['type']>(...types: Name[]) {
  return (fact: Fact): fact is Fact<Extract<Content, { type: Name }>> => (types as string[]).includes(fact.type);
}
