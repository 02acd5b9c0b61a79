// Counts that go up and down with the facts, as known at every sequence: what is asked of many facts is read from few counts.
import { sql, type Kysely } from 'kysely';
import { RowVersions, type Content } from './row-versions.ts';
import type { StoredRow, Table } from './table.ts';

/** What is counted together, and the fact that the count rests on. */
type Counted<T extends Table> = Omit<Content<T>, 'count'>;

interface Move<T extends Table> {
  counted: Counted<T>;
  by: number;
  sequence: number;
}

/** The counts of one page, in a derived table with a column `count`; `key` are the columns that tell one count from another. */
export class Tallies<T extends Table> {
  readonly #name: string;
  readonly #table: T;
  readonly #key: string[];
  /** One move for each key and event: what an event takes from one fact and gives to another is none. */
  readonly #moves = new Map<string, Move<T>>();

  constructor(name: string, table: T, key: (keyof Counted<T> & string)[]) {
    this.#name = name;
    this.#table = table;
    this.#key = key;
  }

  /** Because of the event at `sequence`, so many more (or fewer) are counted. */
  move(counted: Counted<T>, by: number, sequence: number): void {
    const key = `${sequence} ${this.keyOf(counted)}`;
    const other = this.#moves.get(key);
    // Of what one event moves, the latest fact stands for all.
    const latest = other && other.counted.sequence > counted.sequence ? other.counted : counted;
    this.#moves.set(key, { counted: latest, by: by + (other?.by ?? 0), sequence });
  }

  /** What tells a count from others, as one text. */
  keyOf(counted: Counted<T>): string {
    return this.#key.map((column) => String(counted[column as keyof Counted<T>])).join(' ');
  }

  async write(tables: Kysely<any>, schema: string): Promise<void> {
    const moves = [...this.#moves.values()].filter(({ by }) => by !== 0).toSorted((a, b) => a.sequence - b.sequence);
    if (moves.length === 0) return;
    const versions = new RowVersions<T>(await this.#standing(tables, schema, moves));
    for (const { counted, by, sequence } of moves) {
      const key = this.keyOf(counted);
      const before = versions.of(key)[0] as { count?: number } | undefined;
      // A count that falls to zero stays: what was known before is found by it.
      versions.set(key, [{ ...counted, count: (before?.count ?? 0) + by } as unknown as Content<T>], sequence);
    }
    await versions.write(tables, schema, this.#name, this.#table);
  }

  async #standing(tables: Kysely<any>, schema: string, moves: Move<T>[]) {
    const keys = [...new Map(moves.map(({ counted }) => [this.keyOf(counted), counted]))];
    const typed = this.#key.map(
      (column) => sql`${sql.id(column)} ${sql.raw(this.#table.columns[column]!.sql.replace(' not null', ''))}`,
    );
    const columns = (alias: string) => sql.join(this.#key.map((column) => sql.id(alias, column)));
    const { rows } = await sql<StoredRow<T> & { key: string; ctid: string }>`
      select t.*, k.key, t.ctid::text as ctid
        from json_to_recordset(${JSON.stringify(keys.map(([key, counted]) => ({ ...counted, key })))}::json)
               as k(key text, ${sql.join(typed)})
        join ${sql.id(schema, this.#name)} t on (${columns('t')}) = (${columns('k')})
       where t.known_until is null`.execute(tables);
    return rows;
  }
}
