// The actors, offices and issues of the log, kept in memory because every decision asks for them. It knows how far it has
// read; the log checks at each append that nothing it relied on has changed since.
import { sql } from 'kysely';
import type { RecordedEvent } from '../domain/event.ts';
import { withoutRedacted } from '../domain/fact.ts';
import { isRegistryStream } from '../domain/known-from-streams.ts';
import { eventFromRow } from './event-row.ts';
import type { LogStore } from './log-database.ts';
import { readHead, rows } from './read-log.ts';

/** More events than one reads for the few that are wanted. */
const LONG_WAY = 10_000;

export class RegistryMemory {
  readonly #log: LogStore;
  readonly #streams = new Map<string, readonly RecordedEvent[]>();
  readonly #streamOf = new Map<string, string>();
  #sequence = 0;
  #behind = true;
  #refreshing: Promise<void> | undefined;

  constructor(log: LogStore) {
    this.#log = log;
  }

  /** The sequence up to which everything in the registry is known. */
  get sequence(): number {
    return this.#sequence;
  }

  eventsOf(stream: string): readonly RecordedEvent[] {
    return this.#streams.get(stream) ?? [];
  }

  streamOf(id: string): string | undefined {
    return this.#streamOf.get(id);
  }

  /** Whether the log is known to hold more than this memory has read. */
  get isBehind(): boolean {
    return this.#behind;
  }

  /** The slugs in use, for suggesting the nearest: `actor` or `issue`. */
  slugs(kind: 'actor' | 'issue'): string[] {
    return [...this.#streams.keys()]
      .filter((name) => name.startsWith(`${kind}-`))
      .map((name) => name.slice(kind.length + 1));
  }

  /** Takes in events that follow directly on what is known. Where others came between, it is behind until {@link refresh}. */
  follow(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (event.sequence === this.#sequence + 1) {
        this.#take([event]);
        this.#sequence = event.sequence;
      } else if (event.sequence > this.#sequence) this.#behind = true;
    }
  }

  /** Reads on to the head of the log. */
  async refresh(): Promise<void> {
    // A refresh under way may have read the head before the caller's reason arose: wait for it, then read again.
    await this.#refreshing;
    this.#refreshing ??= this.#readOn().finally(() => (this.#refreshing = undefined));
    await this.#refreshing;
  }

  async #readOn(): Promise<void> {
    const from = this.#sequence;
    const { sequence: head } = await readHead(this.#log);
    const key = sql.id(this.#log.schema, 'event_key');
    // Over a long way, the index on streams finds the few registry events among millions of others.
    const found =
      head - from > LONG_WAY
        ? sql`join ${key} k on k.sequence = e.sequence
              where ((k.stream >= 'actor-' and k.stream < 'actor.') or (k.stream >= 'issue-' and k.stream < 'issue.'))
              and k.sequence > ${from} and k.sequence <= ${head} order by e.sequence`
        : sql`where e.sequence > ${from} and e.sequence <= ${head} and (e.stream like 'actor-%' or e.stream like 'issue-%') order by e.sequence`;
    const events = head === from ? [] : (await rows(this.#log, found)).map(eventFromRow);
    this.#take(events.filter(({ sequence }) => sequence > this.#sequence));
    this.#sequence = Math.max(this.#sequence, head);
    this.#behind = false;
  }

  #take(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (!isRegistryStream(event.stream)) continue;
      // What was redacted is not kept here either.
      this.#streams.set(event.stream, withoutRedacted([...this.eventsOf(event.stream), event]));
      this.#streamOf.set(event.id, event.stream);
    }
  }
}
