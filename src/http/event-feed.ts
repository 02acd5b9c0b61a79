// The log as a stream of server-sent events, for any number of followers: each has a filter and its position in the log.
import type { Logger } from 'pino';
import type { RecordedEvent } from '../domain/event.ts';
import type { LogStore } from '../events/log-database.ts';
import type { Selection } from '../events/log-page.ts';
import { LogTail } from '../events/log-tail.ts';
import { readAfter, readHead } from '../events/read-log.ts';
import { selectEvents, type RecordedFilter } from '../projections/select-events.ts';
import { HEARTBEAT_MS, message } from './event-stream.ts';
import { recordedView } from './event-view.ts';
import { fieldProblem, type FieldError } from './problem.ts';

/** How long a client that lost the connection waits before it comes back. */
const RETRY_MS = 2_000;

interface EventFeedOptions {
  log: LogStore;
  logger: Pick<Logger, 'warn'>;
  heartbeatMs?: number;
}

/** Where a follower wants to begin, and where it said so. */
export type Beginning = { after: number } & Pick<FieldError, 'header' | 'parameter'>;

export class EventFeed {
  readonly #log: LogStore;
  readonly #tail: LogTail;
  readonly #heartbeatMs: number;

  constructor({ log, logger, heartbeatMs = HEARTBEAT_MS }: EventFeedOptions) {
    this.#log = log;
    this.#tail = new LogTail({ log, logger, write: eventMessage });
    this.#heartbeatMs = heartbeatMs;
  }

  /** How many follow at the moment. */
  get followers(): number {
    return this.#tail.followers;
  }

  /** Something was appended. */
  wake(): void {
    this.#tail.wake();
  }

  /** The events after the beginning, or after the end of the log, until the follower is gone; heartbeats where there is silence. */
  async *follow(
    beginning: Beginning | undefined,
    filter: RecordedFilter,
    gone: AbortSignal,
  ): AsyncGenerator<string | Uint8Array, void> {
    const { sequence: head } = await readHead(this.#log);
    let position = beginning?.after ?? head;
    if (beginning && position > head) throw beyond(beginning, head);
    // What cannot be read is told while there is still an answer to tell it in.
    if (position < head) await readAfter(this.#log, position, 1);
    const selection = selectEvents(filter);
    this.#tail.join(head);
    try {
      // Who is cut off before the first event also comes back to where it was.
      yield message({ retry: RETRY_MS, id: position });
      let spoken = performance.now();
      while (!gone.aborted) {
        const left = spoken + this.#heartbeatMs - performance.now();
        const { part, last } = await this.#partAfter(position, selection, Math.max(0, left), gone);
        position = last;
        if (part?.length) yield part;
        else if (performance.now() >= spoken + this.#heartbeatMs) yield heartbeat(position);
        else continue;
        spoken = performance.now();
      }
    } finally {
      this.#tail.leave();
    }
  }

  /** What is to be sent next, and how far it reaches; the page itself is not kept while a slow reader takes it. */
  async #partAfter(position: number, selection: Selection, milliseconds: number, gone: AbortSignal) {
    const page = await this.#tail.next(position, milliseconds, gone);
    return { part: page?.part(position, selection), last: page?.last ?? position };
  }
}

function eventMessage(event: RecordedEvent): string {
  return message({ id: event.sequence, data: recordedView(event) });
}

/** Who comes back after it does not begin again at events that its filter has passed over. */
function heartbeat(position: number): string {
  return message({ comment: 'still here', id: position });
}

function beyond({ after, ...where }: Beginning, head: number) {
  return fieldProblem('invalid_request', [
    { ...where, found: String(after), expected: `a sequence up to ${head}, where the log ends` },
  ]);
}
