// From a page of the log to what it changes: facts that appear, facts that read otherwise, facts that are taken back.
import type { RecordedEvent } from '../domain/event.ts';
import { factsOf, isAboutEvent, type Fact } from '../domain/fact.ts';
import type { LogStore } from '../events/log-database.ts';
import { readStreamsOf } from '../events/read-log.ts';
import type { Keeps } from './left-out.ts';

/** What one event of the log changed about one fact. `before` is null for a fact that appears, `after` for one taken back. */
export interface FactChange {
  sequence: number;
  before: Fact | null;
  after: Fact | null;
  /** The fact that the event has emptied: nothing that was drawn from it may stay. */
  forgotten?: Fact;
}

/** The changes of a page, in the order of the log. Depends on nothing but the log up to each event, and on what is kept of it. */
export async function factChanges(
  log: LogStore,
  events: RecordedEvent[],
  keeps: Keeps = () => true,
): Promise<FactChange[]> {
  const streams = await readStreamsOf(
    log,
    events.filter(isAboutEvent).map(({ id }) => id),
  );
  return events.flatMap((event) => {
    if (event.redacted !== undefined) return keeps(event, []) ? inPassing(event) : [];
    if (!isAboutEvent(event)) return keeps(event, []) ? [appearance(event)] : [];
    const stream = streams.get(event.stream)!;
    return keeps(event, stream)
      ? changesBy(
          event,
          stream.filter((one) => keeps(one, stream)),
        )
      : [];
  });
}

function appearance(event: RecordedEvent): FactChange {
  return { sequence: event.sequence, before: null, after: { ...event, corrections: [], retracted: null } };
}

/** What was redacted is known at no time; that it was recorded is all there is to show. */
function inPassing(event: RecordedEvent): FactChange[] {
  const { sequence } = event;
  const fact = { ...event, corrections: [], retracted: event.redacted! };
  return [
    { sequence, before: null, after: fact },
    { sequence, before: fact, after: null },
  ];
}

/** Compares the facts of the stream before and after the event. */
function changesBy({ sequence, type, data }: RecordedEvent, stream: RecordedEvent[]): FactChange[] {
  const before = factsOf(stream.filter((event) => event.sequence < sequence));
  const after = factsOf(stream.filter((event) => event.sequence <= sequence));
  const forgotten = type === 'EventRedacted' ? after.get(data['event'] as string) : undefined;
  return [...after.values()].flatMap((fact) => {
    const change = { sequence, before: standing(before.get(fact.id)), after: standing(fact) };
    if (sameAccount(change.before, change.after)) return [];
    return fact.sequence === sequence && forgotten ? [{ ...change, forgotten }] : [change];
  });
}

function standing(fact: Fact | undefined): Fact | null {
  return fact === undefined || fact.retracted !== null ? null : fact;
}

function sameAccount(a: Fact | null, b: Fact | null): boolean {
  return a === b || (a !== null && b !== null && a.corrections.join() === b.corrections.join());
}
