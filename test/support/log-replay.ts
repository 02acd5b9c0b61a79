// The log read again from the beginning, by the domain's own judgement and nothing else: what stood at each sequence, and
// whether each event could be recorded where it was.
import type { NewEvent, RecordedEvent } from '../../src/domain/event.ts';
import type { Violation } from '../../src/domain/event-type.ts';
import { judge } from '../../src/domain/judge.ts';
import { knownFromStreams } from '../../src/domain/known-from-streams.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';

const TODAY = '2024-11-21';

/** What the log held at one moment. */
export class LogState {
  readonly events: readonly RecordedEvent[];
  readonly #streams: ReadonlyMap<string, readonly RecordedEvent[]>;
  readonly #streamOf: ReadonlyMap<string, string>;

  constructor(
    events: readonly RecordedEvent[] = [],
    streams: ReadonlyMap<string, readonly RecordedEvent[]> = new Map(),
    streamOf: ReadonlyMap<string, string> = new Map(),
  ) {
    this.events = events;
    this.#streams = streams;
    this.#streamOf = streamOf;
  }

  with(event: RecordedEvent): LogState {
    const streams = new Map(this.#streams).set(event.stream, [...this.#eventsOf(event.stream), event]);
    return new LogState([...this.events, event], streams, new Map(this.#streamOf).set(event.id, event.stream));
  }

  /** As it would be with an event more, wherever that would be recorded. */
  assuming(event: NewEvent): LogState {
    return this.with({ ...event, stream: this.streamFor(event), sequence: Infinity } as RecordedEvent);
  }

  holds(id: string): boolean {
    return this.#streamOf.has(id);
  }

  streamFor(event: NewEvent): string {
    return eventTypeOf(event).stream(event, this.#known());
  }

  versionOf(stream: string): number {
    return this.#eventsOf(stream).length;
  }

  violations(event: NewEvent): Violation[] {
    return judge(event, this.#known());
  }

  #eventsOf(stream: string): readonly RecordedEvent[] {
    return this.#streams.get(stream) ?? [];
  }

  #known() {
    const streams = {
      eventsOf: (stream: string) => this.#eventsOf(stream),
      streamOf: (id: string) => this.#streamOf.get(id),
    };
    return knownFromStreams(streams, TODAY);
  }
}

/** The events that must not stand where they do, judged by what stands before them; none where all is just. */
export function misplaced(events: RecordedEvent[], before = new LogState()): RecordedEvent[] {
  let state = before;
  return events.filter((event) => {
    const unjust = state.violations(event).length > 0 || state.streamFor(event) !== event.stream;
    state = state.with(event);
    return unjust;
  });
}
