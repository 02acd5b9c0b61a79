// A follower that reads a log from its first event while others write: what of all that was acknowledged reaches it, and how.
import { setTimeout as pause } from 'node:timers/promises';
import { statement } from '../statements.ts';
import type { MeasuredLog } from './measured-log.ts';

export const WRITING_MS = 4_000;

const PAGE = 1_000;
const POLL_MS = 50;
/** A follower that has found nothing new for so long will not find it any more. */
const GIVEN_UP_MS = 3_000;

export interface Followed {
  /** Events acknowledged while the follower ran. */
  acknowledged: number;
  /** Of these, events that never reached the follower, and that reached it more than once. */
  lost: number;
  doubled: number;
  /** Deliveries at a lower position than one before. */
  outOfOrder: number;
  /** Acknowledged events that the follower did not have yet when the writers stopped, and how long it took over the rest. */
  behind: number;
  behindMs: number;
}

/** So many writers append for a while, each waiting for one event before it sends the next, each event to a stream of its own. */
export async function follow(log: MeasuredLog, writers: number): Promise<Followed> {
  const acknowledged: string[] = [];
  const follower = new Follower(log);
  const following = follower.run();
  const until = performance.now() + WRITING_MS;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (performance.now() < until) {
        const event = statement();
        await log.append(event);
        acknowledged.push(event.id);
      }
    }),
  );
  const stopped = performance.now();
  const missing = () => acknowledged.filter((id) => !follower.times.has(id)).length;
  const behind = missing();
  follower.finish(acknowledged);
  await following;
  return {
    acknowledged: acknowledged.length,
    lost: missing(),
    doubled: acknowledged.filter((id) => follower.times.get(id)! > 1).length,
    outOfOrder: follower.outOfOrder,
    behind,
    behindMs: Math.max(0, follower.lastNews - stopped),
  };
}

/** Reads page after page; where a page is not full, it waits a little before it looks again. */
class Follower {
  /** How often each event was delivered, by id. */
  readonly times = new Map<string, number>();
  outOfOrder = 0;
  lastNews = performance.now();
  readonly #log: MeasuredLog;
  #highest = 0;
  #awaited: string[] | undefined;

  constructor(log: MeasuredLog) {
    this.#log = log;
  }

  /** From now on it ends as soon as it has all of these, or finds nothing new for a while. */
  finish(awaited: string[]): void {
    this.#awaited = awaited;
  }

  async run(): Promise<void> {
    for (let position = 0; !this.#isDone();) {
      const page = await this.#log.readAfter(position, PAGE);
      for (const { id, position } of page) this.#take(id, position);
      position = page.at(-1)?.position ?? position;
      if (page.length > 0) this.lastNews = performance.now();
      if (page.length < PAGE) await pause(POLL_MS);
    }
  }

  #take(id: string, position: number): void {
    this.times.set(id, (this.times.get(id) ?? 0) + 1);
    if (position < this.#highest) this.outOfOrder++;
    this.#highest = Math.max(this.#highest, position);
  }

  #isDone(): boolean {
    if (!this.#awaited) return false;
    return this.#awaited.every((id) => this.times.has(id)) || performance.now() > this.lastNews + GIVEN_UP_MS;
  }
}
