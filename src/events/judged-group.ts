// Judges the submissions of a group one after the other, each knowing those before it, and makes of them what the database appends.
import {
  actorStream,
  isRegistryStream,
  issueStream,
  knownFromStreams,
  type Streams,
} from '../domain/known-from-streams.ts';
import type { NewEvent, RecordedEvent } from '../domain/event.ts';
import type { Known } from '../domain/known.ts';
import { judge, referencesOf } from '../domain/judge.ts';
import { eventTypeOf } from '../domain/vocabulary.ts';
import type { AppendItem } from './append-group.ts';
import type { Pending } from './submission.ts';

export class JudgedGroup {
  /** What is to be appended, and the submission that each item came from. */
  readonly items: AppendItem[] = [];
  readonly pending: Pending[] = [];
  readonly #committed: Known;
  /** What will be known once the whole group is recorded. */
  readonly #hopeful: Known;
  readonly #committedStreams: Streams;
  readonly #ids = new Map<string, string>();
  readonly #streams = new Map<string, { events: readonly RecordedEvent[]; items: number[] }>();

  constructor(committed: Streams, today: string) {
    this.#committed = knownFromStreams(committed, today);
    this.#hopeful = knownFromStreams(
      {
        eventsOf: (stream) => this.#streams.get(stream)?.events ?? committed.eventsOf(stream),
        streamOf: (id) => this.#ids.get(id) ?? committed.streamOf(id),
      },
      today,
    );
    this.#committedStreams = committed;
  }

  /** An id that the group holds already: PostgreSQL is given no id twice in a call. */
  holds(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * Accepts the submission, or says that it cannot be. What is refused only because of events that are not committed
   * yet is `undecided`: they may still fail.
   */
  judge(item: Pending): 'accepted' | 'undecided' | { refused: ReturnType<typeof judge> } {
    const { event } = item.submission;
    if (judge(event, this.#hopeful).length === 0) {
      this.#accept(item);
      return 'accepted';
    }
    const violations = judge(event, this.#committed);
    return violations.length === 0 ? 'undecided' : { refused: violations };
  }

  /** Forgets what was accepted from the given place on; nothing is judged after that. */
  dropAfter(length: number): void {
    this.items.length = length;
    this.pending.length = length;
  }

  #accept(item: Pending): void {
    const { event, expectedVersion, recordedBy } = item.submission;
    const type = eventTypeOf(event);
    const stream = type.stream(event, this.#hopeful);
    const guards = this.#guardsOf(event, stream);
    const needs = guards.flatMap((guard) => this.#streams.get(guard)?.items ?? []);
    const index = this.items.push({
      id: event.id,
      stream,
      type: event.type,
      typeVersion: type.version,
      corrects: this.#corrects(event),
      occurred: event.occurred,
      content: item.content,
      contentHash: item.contentHash,
      recordedBy,
      expected: expectedVersion ?? null,
      guards,
      needs: [...new Set(needs)],
    });
    this.pending.push(item);
    this.#remember(event, stream, index - 1);
  }

  /** The streams on which the decision rests: if one has changed by the time of the append, the event is judged again. */
  #guardsOf(event: NewEvent, own: string): string[] {
    const guards = new Set<string>();
    for (const { kind, target } of referencesOf(event, this.#hopeful)) {
      const stream =
        kind === 'actor'
          ? actorStream(target)
          : kind === 'issue'
            ? issueStream(target)
            : this.#hopeful.fact(target)?.stream;
      if (stream !== undefined) guards.add(stream);
    }
    if (isRegistryStream(own)) guards.add(own);
    return [...guards];
  }

  #corrects(event: NewEvent): string | null {
    if (event.type !== 'EventCorrected') return null;
    const target = this.#hopeful.fact(event.data['event'] as string)!;
    return `${target.type}@${eventTypeOf(target).version}`;
  }

  #remember(event: NewEvent, stream: string, index: number): void {
    this.#ids.set(event.id, stream);
    const before = this.#streams.get(stream);
    const events = before?.events ?? this.#committedStreams.eventsOf(stream);
    const provisional: RecordedEvent = {
      ...event,
      stream,
      sequence: Infinity,
      version: events.length + 1,
      recorded: '',
      recordedBy: '',
      hash: '',
    };
    this.#streams.set(stream, { events: [...events, provisional], items: [...(before?.items ?? []), index] });
  }
}
