// The one way into the log. Everything that waits goes to the database together as soon as a writer is free; each event is
// judged on exactly what the log holds before it, and one caller's conflict or refusal never fails its neighbours.
import type { RecordedEvent } from '../domain/event.ts';
import type { Violation } from '../domain/event-type.ts';
import { appendGroup } from './append-group.ts';
import { writtenOut } from './written-out.ts';
import { readRecorded, streamsFor } from './decision-reads.ts';
import { JudgedGroup } from './judged-group.ts';
import type { LogStore } from './log-database.ts';
import { isConnectionLoss, LogUnavailable } from './log-unavailable.ts';
import { nearest } from './nearest.ts';
import { outcomeOf } from './outcome-of.ts';
import type { RegistryMemory } from './registry-memory.ts';
import { RequestQueue } from './request-queue.ts';
import { isInLog, unanswered, type Outcome, type Pending, type Request, type Submission } from './submission.ts';

/** The most that one call of {@link Recorder.record} may bring. */
export const MAX_SUBMISSIONS = 1_000;

/** A client mends the first ones first, and looking for what was meant takes time. */
const MOST_VIOLATIONS = 20;

const BUSY_EVENTS = 8;
const BUSY_MS = 250;

interface RecorderOptions {
  log: LogStore;
  registry: RegistryMemory;
  /** Groups on their way at once. While one commits, the next is judged and sent. */
  writers?: number;
  /** Events that may wait before more are turned away. */
  maxWaiting?: number;
  now?: () => Date;
  /** Called with the last sequence of each group that was recorded. */
  onRecorded?: (sequence: number) => void;
}

export class Recorder {
  readonly #options: Required<RecorderOptions>;
  readonly #queue: RequestQueue;
  #writing = 0;
  #isPumpDue = false;
  /** When a group of at least {@link BUSY_EVENTS} was last taken up. */
  #lastLarge = -Infinity;

  constructor(options: RecorderOptions) {
    this.#options = {
      writers: 2,
      maxWaiting: 10_000,
      now: () => new Date(),
      onRecorded: () => {},
      ...options,
    };
    this.#queue = new RequestQueue(this.#options.maxWaiting);
  }

  /** Whether much is being recorded: a moment ago, several events went to the log together. */
  get isBusy(): boolean {
    return performance.now() - this.#lastLarge < BUSY_MS;
  }

  /**
   * Records events in the order given, one outcome each. With `atomic`, all or none. Throws LogOverloaded when too much is
   * waiting, LogUnavailable when the database is away; sending the same ids again is then safe.
   */
  record(submissions: Submission[], { atomic = false } = {}): Promise<Outcome[]> {
    if (submissions.length > MAX_SUBMISSIONS)
      throw new RangeError(`Expected at most ${MAX_SUBMISSIONS} events at once, found ${submissions.length}.`);
    if (submissions.length === 0) return Promise.resolve([]);
    if (atomic && new Set(submissions.map(({ event }) => event.id)).size < submissions.length)
      throw new RangeError('Expected each id once in an atomic batch.');
    const items = submissions.map(prepare);
    return new Promise((resolve, reject) => {
      this.#queue.add({ items, atomic, doubtful: false, alone: false, resolve, reject });
      this.#pumpSoon();
    });
  }

  /** Requests that arrive together are written together, and not the first of them alone. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#writing < this.#options.writers && !this.#queue.isEmpty) {
      this.#writing++;
      const requests = this.#queue.take();
      const events = requests.reduce((count, { items }) => count + items.length, 0);
      if (events >= BUSY_EVENTS) this.#lastLarge = performance.now();
      void this.#flush(requests).finally(() => {
        this.#writing--;
        this.#pump();
      });
    }
  }

  async #flush(requests: Request[]): Promise<void> {
    try {
      const { group, known } = await this.#judge(requests);
      if (group.items.length > 0) await this.#append(group, known);
      this.#settle(requests);
    } catch (error) {
      this.#fail(requests, error);
    }
  }

  async #judge(requests: Request[]): Promise<{ group: JudgedGroup; known: number }> {
    const { log, registry, now } = this.#options;
    const doubtful = requests.filter((request) => request.doubtful);
    if (doubtful.length > 0 || registry.isBehind) await registry.refresh();
    // Taken before the streams are read: whatever is appended from here on is caught by the append itself.
    const known = registry.sequence;
    await answerDuplicates(log, doubtful.flatMap(unanswered));
    const pending = requests.flatMap(unanswered);
    const streams = await streamsFor(
      log,
      registry,
      known,
      pending.map(({ submission }) => submission.event),
    );
    const atomic = requests.some((request) => request.atomic);
    const group = new JudgedGroup(streams, lastDayOnEarth(now()), atomic);
    for (const [place, request] of requests.entries()) this.#judgeRequest(request, place, group);
    return { group, known };
  }

  #judgeRequest(request: Request, place: number, group: JudgedGroup): void {
    const isFinal = request.doubtful;
    const accepted = group.items.length;
    for (const item of unanswered(request)) {
      // An id twice: the second is judged when the first is settled.
      if (group.holds(item.submission.event.id)) break;
      const verdict = group.judge(item, place);
      if (verdict === 'accepted') continue;
      if (verdict === 'undecided' || !isFinal) {
        // What follows in the request may rest on this item, so it waits with it.
        request.doubtful = true;
        break;
      }
      item.outcome = {
        status: 'refused',
        violations: verdict.refused.slice(0, MOST_VIOLATIONS).map((violation) => this.#withNearest(violation)),
      };
    }
    if (request.atomic && unanswered(request).length > group.items.length - accepted) group.dropAfter(accepted);
    else if (request.atomic && request.items.some(hasFailed)) {
      group.dropAfter(accepted);
      for (const item of unanswered(request)) item.outcome = { status: 'not_recorded' };
    }
  }

  async #append(group: JudgedGroup, known: number): Promise<void> {
    const { log, registry, onRecorded } = this.#options;
    const results = await appendGroup(log, group.items, known, group.atomic);
    const recorded: RecordedEvent[] = [];
    for (const result of results) {
      const item = group.pending[result.item]!;
      item.outcome = outcomeOf(item, result);
      if (result.outcome === 'recorded' && item.outcome?.status === 'recorded') recorded.push(item.outcome.event);
    }
    if (recorded.length === 0) return;
    registry.follow(recorded);
    onRecorded(recorded.at(-1)!.sequence);
  }

  #settle(requests: Request[]): void {
    const again = requests.filter((request) => unanswered(request).length > 0);
    this.#queue.putBack(again.map((request) => Object.assign(request, { doubtful: true })));
    for (const request of requests) {
      if (again.includes(request)) continue;
      this.#queue.done(request);
      request.resolve(request.items.map(({ outcome }) => outcome!));
    }
  }

  #fail(requests: Request[], error: unknown): void {
    const isAway = isConnectionLoss(error) || error instanceof LogUnavailable;
    // Something in one of them upset the database: let each go alone, so that only the culprit fails.
    if (!isAway && requests.length > 1) {
      this.#queue.putBack(requests.map((request) => Object.assign(request, { alone: true })));
      return;
    }
    for (const request of requests) {
      this.#queue.done(request);
      request.reject(isAway && !(error instanceof LogUnavailable) ? new LogUnavailable(error) : error);
    }
  }

  #withNearest({ unknown, ...violation }: Violation): Violation {
    const name = unknown && nearest(unknown.target, this.#options.registry.slugs(unknown.kind));
    return name === undefined
      ? violation
      : { ...violation, expected: `${violation.expected}; the nearest is "${name}"` };
  }
}

function prepare(submission: Submission): Pending {
  return { submission, ...writtenOut(submission.event) };
}

function hasFailed({ outcome }: Pending): boolean {
  return outcome !== undefined && !isInLog(outcome);
}

/** A rule may refuse today what was recorded yesterday: an id that the log holds is answered from the log. */
async function answerDuplicates(log: LogStore, items: Pending[]): Promise<void> {
  const recorded = await readRecorded(
    log,
    items.map(({ submission }) => submission.event.id),
  );
  for (const item of items) {
    const earlier = recorded.get(item.submission.event.id);
    if (earlier)
      item.outcome = outcomeOf(item, {
        ...earlier,
        outcome: earlier.content_hash === item.contentHash ? 'duplicate' : 'id_reused',
      });
  }
}

/** The day it already is where days begin first, at UTC+14: nothing that has happened anywhere lies after it. */
function lastDayOnEarth(now: Date): string {
  return new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);
}
