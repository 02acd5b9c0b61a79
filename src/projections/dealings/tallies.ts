// Counts exchanges by pair, month and code, as they come and go: a question about years of relations reads months, not facts.
import { sql, type Kysely } from 'kysely';
import { RowVersions, type Content } from '../row-versions.ts';
import type { StoredRow } from '../table.ts';
import type { Exchange } from './derive-exchanges.ts';
import { dealingTables, type DealingTables } from './tables.ts';

type Tally = Content<DealingTables['tally']>;

interface Move {
  key: string;
  tally: Omit<Tally, 'count'>;
  by: number;
  sequence: number;
}

export class Tallies {
  readonly #moves: Move[] = [];

  /** Because of the event at `sequence`, the exchanges of a fact are others than they were. */
  move(before: Exchange[], after: Exchange[], sequence: number): void {
    const gone = movesOf(before, -1, sequence);
    const come = movesOf(after, 1, sequence);
    // What stays is not counted anew, so that a count rests on the event that changed it.
    for (const [key, move] of gone) if (!come.has(key)) this.#moves.push(move);
    for (const [key, move] of come) if (!gone.has(key)) this.#moves.push(move);
  }

  async write(tables: Kysely<any>, schema: string): Promise<void> {
    const netted = this.#netted();
    if (netted.length === 0) return;
    const versions = new RowVersions<DealingTables['tally']>(await standing(tables, schema, netted));
    for (const { key, tally, by, sequence } of netted) {
      const count = (versions.of(key)[0]?.count ?? 0) + by;
      // A count that falls to zero stays: what was known before is found by it.
      versions.set(key, [{ ...tally, count }], sequence);
    }
    await versions.write(tables, schema, 'tally', dealingTables.tally);
  }

  /** One move for each key and event; what an event takes from one fact and gives to another is none. */
  #netted(): Move[] {
    const netted = new Map<string, Move>();
    for (const move of this.#moves) {
      const place = `${move.sequence} ${move.key}`;
      const other = netted.get(place);
      netted.set(place, other ? { ...later(move, other), by: move.by + other.by } : move);
    }
    return [...netted.values()].filter(({ by }) => by !== 0).toSorted((a, b) => a.sequence - b.sequence);
  }
}

/** Of what one event moves, the latest fact stands for all. */
function later(a: Move, b: Move): Move {
  return a.tally.sequence > b.tally.sequence ? a : b;
}

function movesOf(exchanges: Exchange[], by: number, sequence: number): Map<string, Move> {
  return new Map(exchanges.map((exchange) => moveOf(exchange, by, sequence)).map((move) => [move.key, move]));
}

function moveOf(exchange: Exchange, by: number, sequence: number): Move {
  const { source, target, cameo, earliest, latest, ...evidence } = exchange;
  const tally = {
    source,
    target,
    ...bucketOf(earliest, latest),
    cameo,
    event: evidence.event,
    sequence: evidence.sequence,
  };
  return { key: keyOf(tally), tally, by, sequence };
}

function keyOf({ source, target, begins, ends, cameo }: Omit<Tally, 'count'>): string {
  return `${source} ${target} ${begins} ${ends} ${cameo}`;
}

/** The month that both days lie in; the days themselves where there is no such month. */
function bucketOf(earliest: string, latest: string): Pick<Tally, 'begins' | 'ends' | 'monthly'> {
  const month = earliest.slice(0, 7);
  if (earliest === '-infinity' || month !== latest.slice(0, 7))
    return { begins: earliest, ends: latest, monthly: false };
  return { begins: `${month}-01`, ends: lastDayOf(month), monthly: true };
}

/** The last day of a month, given as `YYYY-MM`. */
export function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const end = new Date(0);
  end.setUTCFullYear(year, number, 0);
  return `${month}-${end.getUTCDate()}`;
}

async function standing(tables: Kysely<any>, schema: string, moves: Move[]) {
  const keys = [...new Map(moves.map((move) => [move.key, { key: move.key, ...move.tally }])).values()];
  const { rows } = await sql<StoredRow<DealingTables['tally']> & { key: string; place: string }>`
    select t.*, k.key, t.ctid::text as place
      from json_to_recordset(${JSON.stringify(keys)}::json)
             as k(key text, source text, target text, begins date, ends date, cameo text)
      join ${sql.id(schema, 'tally')} t
        on (t.source, t.target, t.begins, t.ends, t.cameo) = (k.source, k.target, k.begins, k.ends, k.cameo)
     where t.known_until is null`.execute(tables);
  return rows;
}
