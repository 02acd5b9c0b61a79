// A log in memory: takes what may be recorded and says why it must not be, without a database or a clock.
import type { NewEvent, RecordedEvent } from '../../src/domain/event.ts';
import type { Violation } from '../../src/domain/event-type.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { Known } from '../../src/domain/known.ts';
import { knownFromStreams } from '../../src/domain/known-from-streams.ts';
import { judge } from '../../src/domain/judge.ts';
import { pointerOf } from '../../src/domain/reference.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';

/** An event as a test writes it down; without an id it gets the next one. */
export interface Draft {
  id?: string;
  type: string;
  occurred: string;
  data: object;
  [part: string]: unknown;
}

/** The day on which everything is recorded. */
const TODAY = '2024-11-20';

/** The id of the n-th event of a test. */
export function idOf(n: number): string {
  return `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

export class MemoryLog {
  readonly events: RecordedEvent[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();
  readonly #streamOf = new Map<string, string>();
  readonly known: Known;

  constructor(today = TODAY) {
    this.known = knownFromStreams(
      { eventsOf: (stream) => this.#streams.get(stream) ?? [], streamOf: (id) => this.#streamOf.get(id) },
      today,
    );
  }

  /** The facts that still stand, as they read now, in the order of the log. */
  standing(): Fact[] {
    return this.events.map(({ id }) => this.known.fact(id)!).filter(({ retracted }) => retracted === null);
  }

  /** What is wrong with the event: its shape, or what it says; empty where it may be recorded. */
  violations(draft: Draft): Violation[] {
    const event = this.#event(draft);
    const parsed = eventTypeOf(event).content.safeParse(event);
    if (parsed.success) return judge(event, this.known);
    return parsed.error.issues.map(({ path, message }) => ({
      pointer: pointerOf(path),
      found: '',
      expected: message.replace(/^expected /, ''),
    }));
  }

  /** Records the event if it may be, and says whether it was. */
  take(draft: Draft): boolean {
    if (this.violations(draft).length > 0) return false;
    const event = this.#event(draft);
    const stream = eventTypeOf(event).stream(event, this.known);
    const before = this.#streams.get(stream) ?? [];
    const place = { sequence: this.events.length + 1, stream, version: before.length + 1 };
    const recorded = { ...event, ...place, recorded: `${TODAY}T12:00:00.000Z`, recordedBy: 'test', hash: '' };
    this.events.push(recorded);
    // A new array, because what a stream says is remembered by the array.
    this.#streams.set(stream, [...before, recorded]);
    this.#streamOf.set(event.id, stream);
    return true;
  }

  /** Records events that must all be acceptable. */
  record(...drafts: Draft[]): this {
    for (const draft of drafts) {
      if (!this.take(draft)) throw new Error(`${draft.type} was refused: ${JSON.stringify(this.violations(draft))}`);
    }
    return this;
  }

  #event(draft: Draft): NewEvent {
    return { id: idOf(this.events.length + 1), ...draft } as unknown as NewEvent;
  }
}
