// The series that a page touches, in memory: takes utterances in and out, and says which rows end and which begin. An assertion
// is classed against the counted one before it, so a move concerns the place it is made at and the next counted one, no others.
import { compareInTime } from '../../domain/occurred.ts';
import { classify, UNCOUNTED, type Assertion, type Classing } from '../../domain/series.ts';
import { assertionRow, utteranceOf, type AssertionRow } from './assertion-row.ts';
import type { Utterance } from './utterance.ts';

/** One step: an utterance enters or leaves the series of a principal because of the event at `sequence`. */
export interface Move {
  sequence: number;
  kind: 'enter' | 'leave';
  principal: string;
  said: Utterance;
}

interface Entry {
  said: Utterance;
  /** The row that stands for it; null until it is classed for the first time. */
  row: AssertionRow | null;
}

export class SeriesBook {
  readonly #series = new Map<string, Entry[]>();
  readonly #added = new Set<AssertionRow>();
  readonly #ended: AssertionRow[] = [];

  /** Opens the book with the rows that stand at the places of all moves to come, and the counted ones next to them. */
  constructor(standing: AssertionRow[] = []) {
    for (const row of standing) this.#entriesOf(row.principal, row.issue).push({ said: utteranceOf(row), row });
    for (const entries of this.#series.values()) entries.sort((a, b) => compareUtterances(a.said, b.said));
  }

  /** Makes all moves of one event, then classes what they touched. */
  make(moves: Move[]): void {
    for (const { kind, principal, said, sequence } of moves) {
      const entries = this.#entriesOf(principal, said.issue);
      if (kind === 'enter') entries.splice(placeOf(entries, said), 0, { said, row: null });
      else this.#remove(entries, said, sequence);
    }
    for (const { principal, said, sequence } of moves) {
      this.#classAt(this.#entriesOf(principal, said.issue), said, principal, sequence);
    }
  }

  /** What is to be written: rows that begin, and rows of the database that end. */
  changes(): { added: AssertionRow[]; ended: AssertionRow[] } {
    return { added: [...this.#added], ended: this.#ended };
  }

  #entriesOf(principal: string, issue: string): Entry[] {
    const key = `${principal} ${issue}`;
    let entries = this.#series.get(key);
    if (!entries) this.#series.set(key, (entries = []));
    return entries;
  }

  #remove(entries: Entry[], said: Utterance, sequence: number): void {
    // Together with others who say it, it stands at the same time, in their order.
    const index = placeOf(entries, said);
    const [removed] = entries.splice(index, 1);
    if (removed?.row) this.#end(removed.row, sequence);
  }

  /** Classes what stands at the place, and on to the next counted assertion. */
  #classAt(entries: Entry[], place: Utterance, principal: string, sequence: number): void {
    const from = placeOf(entries, { ...place, rank: 0 });
    let previous = countedBefore(entries, from);
    for (let n = from; n < entries.length; n++) {
      const entry = entries[n]!;
      const echo = entries[n - 1]?.said.event === entry.said.event;
      this.#class(entry, echo ? UNCOUNTED : classify(previous, entry.said), { principal, echo }, sequence);
      if (!entry.said.counted) continue;
      if (compareInTime(entry.said, place) > 0) break;
      previous = entry.said;
    }
  }

  #class(entry: Entry, classing: Classing, place: { principal: string; echo: boolean }, sequence: number): void {
    if (entry.row && entry.row.echo === place.echo && sameClassing(entry.row, classing)) return;
    if (entry.row) this.#end(entry.row, sequence);
    entry.row = assertionRow(entry.said, { ...place, ...classing }, sequence);
    this.#added.add(entry.row);
  }

  #end(row: AssertionRow, sequence: number): void {
    // One that began in this very event has never been seen; one that began in this page is not written yet.
    if (row.known_from === sequence) {
      this.#added.delete(row);
      return;
    }
    row.known_until = sequence;
    if (!this.#added.has(row)) this.#ended.push(row);
  }
}

/** Where an utterance stands or would stand. */
function placeOf(entries: Entry[], said: Utterance): number {
  let from = 0;
  let to = entries.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareUtterances(entries[middle]!.said, said) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function compareUtterances(a: Utterance, b: Utterance): number {
  return compareInTime(a, b) || a.rank - b.rank;
}

function countedBefore(entries: Entry[], index: number): Assertion | null {
  for (let i = index - 1; i >= 0; i--) if (entries[i]!.said.counted) return entries[i]!.said;
  return null;
}

function sameClassing(row: AssertionRow, { change, direction, delta, previous, renewed }: Classing): boolean {
  const same = row.change === change && row.direction === direction && row.delta === delta;
  return same && row.previous === previous && row.renewed === renewed;
}
