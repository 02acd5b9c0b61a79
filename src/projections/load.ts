// The first part of building runs: the log is read once for all of them, and what facts contribute is copied into their tables.
import type { Pool } from 'pg';
import { readRange, type Excerpt } from '../events/read-log.ts';
import { isPassing, poison, type PoisonEvent, type Worker } from './apply.ts';
import { Copying, RowLines } from './copy.ts';
import { factChanges, type FactChange } from './fact-changes.ts';
import type { Keeps } from './left-out.ts';
import { excerptFor, pageOf } from './projection.ts';
import { changeTables, saveCheckpoint, type LedRun } from './runs.ts';
import { createTables, loadedTables } from './schema.ts';
import { table, type Table } from './table.ts';
import { foldPage } from './write-page.ts';

/** So many events are read at once; of excerpts, because there is less of them, so many. */
const PAGE = 1_000;
const EXCERPT_PAGE = 4_000;
/** So many pages are on their way at once, read ahead of what is worked on. */
const AHEAD = 2;
/** So many bytes of a table wait until they are sent. */
const SENT_BYTES = 400_000;
/** After so many events what was sent is committed, with the checkpoint: a later attempt goes on from there. */
const COMMITTED_EVENTS = 50_000;

/** While a run is loaded: the facts whose rows stop being known at `known_until`, later than they were written. */
export const ENDED = 'ended';
const endedTable = table({});

/** What is there only while a run is loaded. */
export function loadTablesOf({ projection }: LedRun): [string, Table][] {
  const scratch = Object.entries(projection.tables).filter(([, { kind }]) => kind === 'scratch');
  return [...scratch, [ENDED, endedTable]];
}

export interface LoadOptions {
  pool: Pool;
  until: number;
  keeps?: Keeps;
  signal: AbortSignal;
  /** The share of the events that were taken, and the last of them. */
  onProgress: (share: number, sequence: number) => void;
}

export class Loading {
  readonly #worker: Worker;
  readonly #options: LoadOptions;
  readonly #lots: Lot[];
  /** What is read of the events: for a single run, no more than that needs; for several, everything. */
  readonly #excerpt: Excerpt | undefined;

  constructor(worker: Worker, runs: LedRun[], options: LoadOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#lots = runs.map((run) => new Lot(run));
    this.#excerpt = runs.length === 1 && !options.keeps ? excerptFor(runs[0]!.projection) : undefined;
  }

  /** Takes the runs to the last sequence. Throws {@link PoisonEvent} where an event cannot be applied. */
  async run(): Promise<void> {
    const { log, node } = this.#worker;
    for (const { run } of this.#lots)
      await changeTables(log, node, run, (db) => createTables(db, run.schema, loadTablesOf(run)));
    const copying = new Copying(this.#options.pool);
    try {
      await this.#load(copying);
    } catch (error) {
      await copying.abandon();
      throw error;
    }
  }

  async #load(copying: Copying): Promise<void> {
    const { until, signal, onProgress } = this.#options;
    let committed = Math.min(...this.#lots.map(({ run }) => run.checkpoint));
    for await (const { changes, last } of this.#pages(committed)) {
      signal.throwIfAborted();
      const isDue = last - committed >= COMMITTED_EVENTS || last === until;
      for (const lot of this.#lots) {
        await this.#take(lot, changes);
        await lot.send(copying, isDue ? 0 : SENT_BYTES);
      }
      onProgress(last / until, last);
      if (!isDue) continue;
      await this.#commit(copying, last);
      committed = last;
    }
  }

  async #commit(copying: Copying, last: number): Promise<void> {
    const { log, node } = this.#worker;
    await copying.commit(async (client) => {
      // Last, so that a node which was halted in the middle does not keep the rows from whoever takes over.
      for (const { run } of this.#lots) await saveCheckpoint(client, log, node, run, last);
    });
    for (const { run } of this.#lots) run.checkpoint = last;
  }

  /** The changes of the log, page by page. It is dense, so the pages to come can be asked for before one is there. */
  async *#pages(after: number): AsyncGenerator<{ changes: FactChange[]; last: number }> {
    const { until } = this.#options;
    const size = this.#excerpt ? EXCERPT_PAGE : PAGE;
    const coming: Promise<{ changes: FactChange[]; last: number }>[] = [];
    let asked = after;
    for (;;) {
      while (coming.length < AHEAD && asked < until) {
        const last = Math.min(asked + size, until);
        const page = this.#read(asked, last).then((changes) => ({ changes, last }));
        // Looked at in its turn.
        page.catch(() => {});
        coming.push(page);
        asked = last;
      }
      const next = coming.shift();
      if (!next) return;
      yield await next;
    }
  }

  async #read(after: number, last: number): Promise<FactChange[]> {
    const { log } = this.#worker;
    try {
      return await factChanges(log, await readRange(log, after, last, this.#excerpt), this.#options.keeps);
    } catch (error) {
      if (isPassing(error)) throw error;
      if (last - after === 1) {
        const stuck = this.#lots.filter(({ run }) => !run.skipped.has(last));
        if (stuck.length === 0) return [];
        throw await this.#poison(stuck, last, error);
      }
      const middle = Math.floor((after + last) / 2);
      return [...(await this.#read(after, middle)), ...(await this.#read(middle, last))];
    }
  }

  /** An event that a handler throws on is named, and ends the building: what was built without it would be wrong. */
  async #take(lot: Lot, changes: FactChange[]): Promise<void> {
    try {
      lot.take(changes);
    } catch {
      for (const change of changes) {
        try {
          lot.take([change]);
        } catch (cause) {
          throw await this.#poison([lot], change.sequence, cause);
        }
      }
    }
  }

  async #poison(lots: Lot[], sequence: number, cause: unknown): Promise<PoisonEvent> {
    const errors = await Promise.all(lots.map(({ run }) => poison(this.#worker, run, sequence, cause)));
    return errors[0]!;
  }
}

/** What a run has taken and is not sent yet. */
class Lot {
  readonly run: LedRun;
  readonly #tables: { name: string; lines: RowLines }[];
  readonly #ended = new RowLines(endedTable);
  /** The last sequence taken. */
  #taken: number;

  constructor(run: LedRun) {
    this.run = run;
    this.#taken = run.checkpoint;
    this.#tables = loadedTables(run.projection).map(([name, own]) => ({ name, lines: new RowLines(own) }));
  }

  /** Takes what the run lacks of the changes; nothing of them where a handler throws. */
  take(changes: FactChange[]): void {
    const { projection, skipped } = this.run;
    const own = changes.filter(({ sequence }) => sequence > this.#taken && !skipped.has(sequence));
    const page = pageOf(projection, own);
    const folded = this.#tables.map(({ name }) => foldPage(name, page));
    for (const [n, { lines }] of this.#tables.entries()) for (const row of folded[n]!.added) lines.add(row);
    for (const { event, sequence, until } of folded[0]?.ended ?? [])
      this.#ended.add({ event, sequence, known_from: sequence, known_until: until });
    this.#taken = changes.at(-1)?.sequence ?? this.#taken;
  }

  /** Sends what waits, table by table where it is more than so many bytes. */
  async send(copying: Copying, bytes: number): Promise<void> {
    for (const { name, lines } of [...this.#tables, { name: ENDED, lines: this.#ended }])
      if (lines.length > bytes) await copying.send(this.run.schema, name, lines);
  }
}
