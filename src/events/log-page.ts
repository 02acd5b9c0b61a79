// Some consecutive events of the log, each written out once for however many are sent it.
import type { RecordedEvent } from '../domain/event.ts';

/** Which events somebody wants. Selections with the same key match the same events. */
export interface Selection {
  key: string;
  matches(event: RecordedEvent): boolean;
}

export class LogPage {
  readonly #events: readonly RecordedEvent[];
  readonly #written: Buffer;
  /** Where in what is written each event ends. */
  readonly #ends: number[] = [];
  /** By the key of a selection, while many are likely to ask. */
  #parts: Map<string, Buffer> | undefined = new Map();

  /** Takes one event at least. */
  constructor(events: readonly RecordedEvent[], write: (event: RecordedEvent) => string) {
    this.#events = events;
    const written = events.map((event) => Buffer.from(write(event)));
    this.#written = Buffer.concat(written);
    let end = 0;
    for (const { length } of written) this.#ends.push((end += length));
  }

  /** The sequence that the page follows on. */
  get after(): number {
    return this.#events[0]!.sequence - 1;
  }

  /** The sequence of its last event. */
  get last(): number {
    return this.#events.at(-1)!.sequence;
  }

  /** Whether it holds a redaction: what was read before may say what the log does not say any more. */
  get redacts(): boolean {
    return this.#events.some(({ type }) => type === 'EventRedacted');
  }

  get size(): { events: number; bytes: number } {
    return { events: this.#events.length, bytes: this.#written.length };
  }

  /** What is written of the events after a sequence that are selected: of the whole page, the same bytes for all who ask. */
  part(after: number, selection: Selection): Buffer {
    const place = Math.max(0, after - this.after);
    const part = (place === 0 && this.#parts?.get(selection.key)) || this.#select(place, selection);
    if (place === 0) this.#parts?.set(selection.key, part);
    return part;
  }

  /** Gives up the bytes that were put together for selections: the few who still ask have them put together again. */
  shed(): void {
    this.#parts = undefined;
  }

  #select(first: number, selection: Selection): Buffer {
    const places = this.#events.flatMap((event, place) => (place >= first && selection.matches(event) ? [place] : []));
    // Nothing is copied where nothing is left out.
    if (places.length === this.#events.length - first) return this.#written.subarray(this.#startOf(first));
    return Buffer.concat(places.map((place) => this.#written.subarray(this.#startOf(place), this.#ends[place])));
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : this.#ends[place - 1]!;
  }
}
