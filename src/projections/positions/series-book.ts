// The series that a page touches, in memory: takes assertions in and out, and says which rows end and which begin.
// Only neighbours change class, so a series is opened from the earliest touched place on and not from its beginning.
import { classify, compareAssertions, type Assertion, type Classing } from '../../domain/series.ts';
import { assertionRow, utteranceFromRow, type AssertionRow, type Utterance } from './assertion-row.ts';

interface Entry {
  said: Utterance;
  /** The row that stands for it now; null until it is written for the first time. */
  row: AssertionRow | null;
}

/** One step: an utterance enters or leaves the series of a principal because of the event at `sequence`. */
export interface Move {
  sequence: number;
  kind: 'enter' | 'leave';
  principal: string;
  said: Utterance;
}

export class SeriesBook {
  readonly #series = new Map<string, Entry[]>();
  readonly #added = new Set<AssertionRow>();
  readonly #ended: { row: AssertionRow; until: number }[] = [];

  /** Opens the book with the rows that stand; of each series those from the earliest move on, and the counted one before. */
  constructor(standing: AssertionRow[]) {
    for (const row of standing) this.#entriesOf(row.principal, row.issue).push({ said: utteranceFromRow(row), row });
    for (const entries of this.#series.values()) entries.sort((a, b) => compareAssertions(a.said, b.said));
  }

  /** Makes all moves of one event, then classes anew what they touched. */
  make(moves: Move[]): void {
    const touched = new Map<Entry[], { principal: string; sequence: number; from: number }>();
    for (const { kind, principal, said, sequence } of moves) {
      const entries = this.#entriesOf(principal, said.issue);
      const index = kind === 'enter' ? placeFor(entries, said) : entries.findIndex((entry) => isSame(entry.said, said));
      if (kind === 'enter') entries.splice(index, 0, { said, row: null });
      else for (const { row } of entries.splice(index, 1)) if (row) this.#end(row, sequence);
      touched.set(entries, {
        principal,
        sequence,
        from: Math.min(index, touched.get(entries)?.from ?? Infinity),
      });
    }
    for (const [entries, { principal, sequence, from }] of touched) this.#classFrom(entries, from, principal, sequence);
  }

  /** What is to be written: rows that begin, and rows in the database that end. */
  changes(): { added: AssertionRow[]; ended: { row: AssertionRow; until: number }[] } {
    return { added: [...this.#added], ended: this.#ended };
  }

  #entriesOf(principal: string, issue: string): Entry[] {
    const key = `${principal} ${issue}`;
    let entries = this.#series.get(key);
    if (!entries) this.#series.set(key, (entries = []));
    return entries;
  }

  #classFrom(entries: Entry[], from: number, principal: string, sequence: number): void {
    let previous = previousOf(entries, from);
    for (const entry of entries.slice(from)) {
      const classing = classify(previous, entry.said);
      if (!entry.row || !sameClassing(entry.row, classing)) {
        if (entry.row) this.#end(entry.row, sequence);
        entry.row = assertionRow(entry.said, principal, classing, sequence);
        this.#added.add(entry.row);
      }
      if (entry.said.counted) previous = entry.said;
    }
  }

  #end(row: AssertionRow, sequence: number): void {
    // A row that begins in this page has not been written yet.
    if (this.#added.has(row)) row.known_until = sequence;
    else this.#ended.push({ row, until: sequence });
  }
}

/** Most of what is said is newer than all before, so the search begins at the end. */
function placeFor(entries: Entry[], said: Utterance): number {
  return entries.findLastIndex((entry) => compareAssertions(entry.said, said) < 0) + 1;
}

function isSame(a: Utterance, b: Utterance): boolean {
  return a.event === b.event && a.speaker === b.speaker;
}

function previousOf(entries: Entry[], index: number): Assertion | null {
  for (let i = index - 1; i >= 0; i--) if (entries[i]!.said.counted) return entries[i]!.said;
  return null;
}

function sameClassing(row: AssertionRow, { change, direction, delta, previous, renewed }: Classing): boolean {
  return (
    row.change === change &&
    row.direction === direction &&
    row.delta === delta &&
    row.previous === previous &&
    row.renewed === renewed
  );
}
