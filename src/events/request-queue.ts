// What waits to be recorded: whole requests, oldest first, bounded in events and in bytes.
import { LogOverloaded } from './log-unavailable.ts';
import type { Pending, Request } from './submission.ts';

/** Groups of more events or bytes gain nothing: the cost of a commit is spread thinly enough by then. */
const GROUP_EVENTS = 500;
const GROUP_BYTES = 1_000_000;

/** What one process takes on before it turns others away. */
const WAITING_BYTES = 64_000_000;

export class RequestQueue {
  readonly #maxEvents: number;
  readonly #requests: Request[] = [];
  #events = 0;
  #bytes = 0;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0;
  }

  /** Takes a request on, to be counted until it is {@link done}. Throws LogOverloaded where that is too much. */
  add(request: Request): void {
    const bytes = bytesOf(request.items);
    if (this.#events + request.items.length > this.#maxEvents || this.#bytes + bytes > WAITING_BYTES) {
      throw new LogOverloaded(this.#events);
    }
    this.#events += request.items.length;
    this.#bytes += bytes;
    this.#requests.push(request);
  }

  /** Puts requests that have been taken, and are not done, in front of all others, in their order. */
  putBack(requests: Request[]): void {
    this.#requests.unshift(...requests);
  }

  /** A request has been answered. */
  done({ items }: Request): void {
    this.#events -= items.length;
    this.#bytes -= bytesOf(items);
  }

  /** Takes what makes a group. A request that is atomic, or suspected of failing its group, goes alone. */
  take(): Request[] {
    const taken = [this.#requests.shift()!];
    if (goesAlone(taken[0]!)) return taken;
    let [events, bytes] = [taken[0]!.items.length, bytesOf(taken[0]!.items)];
    for (let next = this.#requests[0]; next && !goesAlone(next); next = this.#requests[0]) {
      if (events >= GROUP_EVENTS || bytes >= GROUP_BYTES) break;
      events += next.items.length;
      bytes += bytesOf(next.items);
      taken.push(this.#requests.shift()!);
    }
    return taken;
  }
}

function goesAlone({ atomic, alone }: Request): boolean {
  return atomic || alone;
}

function bytesOf(items: Pending[]): number {
  return items.reduce((sum, { content }) => sum + content.length, 0);
}
