// The last events of the log, for all who follow it on this node: read once as the log grows, and handed to each follower from
// where it stands. A follower has its position and no queue, and nothing is read while nobody follows.
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RecordedEvent } from '../domain/event.ts';
import { atMost } from './at-most.ts';
import type { LogStore } from './log-database.ts';
import { LogPage } from './log-page.ts';
import { isConnectionLoss } from './log-unavailable.ts';
import { readPage } from './read-log.ts';

/** What is read at once. Stored, events take less room than written out. */
const PAGE = { events: 1_000, bytes: 1_048_576 };
/** What is kept for those who are not quite up with the log. */
const KEPT = { events: 2_000, bytes: 4_194_304 };
/** What is missed when no word comes is found after this long. */
const POLL_MS = 1_000;
/** Between two reads: what is recorded meanwhile is read and sent together. */
const REST_MS = 20;
/** Readers of what lies further back share so many connections, so that questions find some free. */
const CATCHING_UP = 2;

interface LogTailOptions {
  log: LogStore;
  /** How an event is written out for followers. */
  write: (event: RecordedEvent) => string;
  logger: Pick<Logger, 'warn'>;
}

export class LogTail {
  readonly #log: LogStore;
  readonly #write: (event: RecordedEvent) => string;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #catchUp = atMost(CATCHING_UP);
  readonly #waiting = new Set<() => void>();
  #pages: LogPage[] = [];
  /** The sequences after which the pages begin, and with which they end. */
  #first = 0;
  #last = 0;
  #followers = 0;
  /** Raised when the last follower leaves, so that what was being read for it is not taken for news. */
  #turn = 0;
  #poll: NodeJS.Timeout | undefined;
  #woken = false;
  #isReading = false;
  #isAway = false;
  /** Why the log cannot be read on, however long one waits. */
  #obstacle: Error | undefined;

  constructor({ log, write, logger }: LogTailOptions) {
    this.#log = log;
    this.#write = write;
    this.#logger = logger;
  }

  get followers(): number {
    return this.#followers;
  }

  /** Counts one follower more, who has seen the log end at `head`. */
  join(head: number): void {
    if (this.#followers++ > 0) return;
    this.#first = this.#last = head;
    this.#obstacle = undefined;
    this.#poll = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** Counts one follower less. */
  leave(): void {
    if (--this.#followers > 0) return;
    clearInterval(this.#poll);
    this.#pages = [];
    this.#turn++;
  }

  /** Something was appended. */
  wake(): void {
    if (this.#followers === 0) return;
    this.#woken = true;
    if (!this.#isReading) void this.#readOn();
  }

  /**
   * The page with the events after a sequence; nothing where none came in time, or the follower has gone. While the database is
   * away, the time passes. Throws what keeps the log from being read at all.
   */
  async next(after: number, milliseconds: number, gone: AbortSignal): Promise<LogPage | undefined> {
    if (after < this.#first) return this.#pageBehind(after, milliseconds, gone);
    const page = this.#pageHeld(after);
    if (page) return page;
    if (this.#obstacle) throw this.#obstacle;
    await this.#news(milliseconds, gone);
    return this.#pageHeld(after);
  }

  #pageHeld(after: number): LogPage | undefined {
    if (after >= this.#last) return undefined;
    return this.#pages.findLast((page) => page.after <= after);
  }

  /** A follower who is further behind reads a page for itself. */
  async #pageBehind(after: number, milliseconds: number, gone: AbortSignal): Promise<LogPage | undefined> {
    const page = await this.#catchUp(async () =>
      gone.aborted ? undefined : this.#attempt(() => this.#read(after, PAGE.events)),
    );
    if (!page) await pause(Math.min(POLL_MS, milliseconds), undefined, { signal: gone }).catch(() => {});
    return page;
  }

  #news(milliseconds: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const tell = () => {
        clearTimeout(timer);
        gone.removeEventListener('abort', tell);
        this.#waiting.delete(tell);
        resolve();
      };
      const timer = setTimeout(tell, milliseconds);
      gone.addEventListener('abort', tell);
      this.#waiting.add(tell);
    });
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    while (this.#woken && this.#followers > 0) {
      this.#woken = false;
      const rest = pause(REST_MS);
      const turn = this.#turn;
      try {
        const page = await this.#attempt(() => this.#read(this.#last, PAGE.events));
        if (page && turn === this.#turn) this.#keep(page);
      } catch (error) {
        if (turn === this.#turn) this.#obstacle = error as Error;
        this.#tellAll();
      }
      await rest;
    }
    this.#isReading = false;
  }

  #keep(page: LogPage): void {
    if (page.redacts) this.#pages = [];
    this.#pages.at(-1)?.shed();
    this.#pages.push(page);
    this.#last = page.last;
    while (this.#pages.length > 1 && exceeds(this.#pages)) this.#pages.shift();
    this.#first = this.#pages[0]!.after;
    this.#obstacle = undefined;
    // There may be more than one page of it.
    this.#woken = true;
    this.#tellAll();
  }

  #tellAll(): void {
    for (const tell of this.#waiting) tell();
  }

  /** Up to so many events, or as many as there are before one that cannot be read; that one throws when it comes first. */
  async #read(after: number, limit: number): Promise<LogPage | undefined> {
    try {
      const events = await readPage(this.#log, after, { ...PAGE, events: limit });
      return events.length > 0 ? new LogPage(events, this.#write) : undefined;
    } catch (error) {
      if (isConnectionLoss(error) || limit === 1) throw error;
      return this.#read(after, Math.ceil(limit / 2));
    }
  }

  /** Answers nothing while the database is away, and warns of it once. */
  async #attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      const found = await read();
      this.#isAway = false;
      return found;
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      if (!this.#isAway) this.#logger.warn({ err: error }, 'The log cannot be read at the moment; its followers wait');
      this.#isAway = true;
      return undefined;
    }
  }
}

function exceeds(pages: LogPage[]): boolean {
  const total = (part: 'events' | 'bytes') => pages.reduce((sum, { size }) => sum + size[part], 0);
  return total('events') > KEPT.events || total('bytes') > KEPT.bytes;
}
