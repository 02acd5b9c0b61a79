// Judges the submissions of a group one after the other, each knowing those before it, and makes of them what the database appends.
import { isDeepStrictEqual } from 'node:util';
import type { NewEvent, RecordedEvent } from '../domain/event.ts';
import type { Violation } from '../domain/event-type.ts';
import { limitViolations } from '../domain/issue-limit.ts';
import { judge } from '../domain/judge.ts';
import type { Known } from '../domain/known.ts';
import { knownFromStreams, type Streams } from '../domain/known-from-streams.ts';
import { eventTypeOf } from '../domain/vocabulary.ts';
import type { AppendItem } from './append-group.ts';
import type { Pending, Submission } from './submission.ts';

/** What is not recorded yet has no sequence. */
const NOT_YET = Infinity;

export class JudgedGroup {
  /** Whether all is recorded or nothing. Such a group holds one request. */
  readonly atomic: boolean;
  /** What is to be appended, and the submission that each item came from. */
  readonly items: AppendItem[] = [];
  readonly pending: Pending[] = [];
  readonly #committed: Known;
  /** What will be known once the whole group is recorded. */
  readonly #hopeful: Known;
  readonly #committedStreams: Streams;
  readonly #ids = new Map<string, string>();
  readonly #streams = new Map<string, { events: readonly RecordedEvent[]; items: number[] }>();
  /** The streams that were looked at since the last submission was taken up. */
  readonly #read = new Set<string>();

  constructor(committed: Streams, today: string, atomic: boolean) {
    this.atomic = atomic;
    this.#committed = knownFromStreams(committed, today);
    this.#hopeful = knownFromStreams(
      {
        eventsOf: (stream) => {
          this.#read.add(stream);
          return this.#streams.get(stream)?.events ?? committed.eventsOf(stream);
        },
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
   * Accepts the submission, or says that it cannot be. Where events that are not committed yet make a difference to the
   * refusal it is `undecided`: they may still fail, unless all fail together.
   */
  judge(item: Pending, request: number): 'accepted' | 'undecided' | { refused: Violation[] } {
    this.#read.clear();
    const hopeful = violationsOf(item.submission, this.#hopeful);
    if (hopeful.length === 0) {
      this.#accept(item, request);
      return 'accepted';
    }
    if (this.atomic) return { refused: hopeful.map(withoutSequence) };
    const violations = violationsOf(item.submission, this.#committed);
    return isDeepStrictEqual(violations, hopeful) ? { refused: violations } : 'undecided';
  }

  /** Forgets what was accepted from the given place on; nothing is judged after that. */
  dropAfter(length: number): void {
    this.items.length = length;
    this.pending.length = length;
  }

  #accept(item: Pending, request: number): void {
    const { event, expectedVersion, recordedBy } = item.submission;
    const type = eventTypeOf(event);
    const stream = type.stream(event, this.#hopeful);
    // The decision rests on every stream it looked at: if one has changed by the time of the append, it is made again.
    const guards = [...this.#read];
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
      request,
      guards,
      needs: [...new Set(needs)],
    });
    this.pending.push(item);
    this.#remember(event, stream, index - 1);
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
      sequence: NOT_YET,
      version: events.length + 1,
      recorded: '',
      recordedBy: '',
      hash: '',
    };
    this.#streams.set(stream, { events: [...events, provisional], items: [...(before?.items ?? []), index] });
  }
}

/** What is wrong with the event; where nothing is, why it must not be recorded by who submits it. */
function violationsOf({ event, onlyIssues, mayRedact = true }: Submission, known: Known): Violation[] {
  if (event.type === 'EventRedacted' && !mayRedact) {
    const expected = 'another type: what is removed by law is removed by an admin';
    return [{ pointer: '/type', found: `"${event.type}"`, expected, isBeyondLimit: true }];
  }
  const violations = judge(event, known);
  if (violations.length > 0 || !onlyIssues) return violations;
  return limitViolations(event, onlyIssues, known);
}

function withoutSequence({ found, ...violation }: Violation): Violation {
  return { ...violation, found: found.replace(`by event ${NOT_YET}`, 'by an earlier event of this batch') };
}
