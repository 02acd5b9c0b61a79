// The rows of derived tables as they change event by event: what a key's rows are from a sequence on, compared with what they
// were, becomes rows to end and rows to add.
import canonicalize from 'canonicalize';
import { sql, type Kysely } from 'kysely';
import { insertRows } from './write-page.ts';
import type { Provenance, StoredRow, Table } from './table.ts';

/** What a derived row says, with the fact it was drawn from. */
export type Content<T extends Table> = Omit<StoredRow<T>, 'known_from' | 'known_until'>;

interface Version {
  /** Where PostgreSQL stores the row; null for one that begins in this page. */
  ctid: string | null;
  text: string;
  row: Provenance;
}

export class RowVersions<T extends Table> {
  readonly #standing = new Map<string, Version[]>();
  readonly #added = new Set<Provenance>();
  readonly #ended: { ctid: string; until: number }[] = [];

  /** Begins with the rows that stand before the page, by key, each with its `ctid`. */
  constructor(rows: (StoredRow<T> & { key: string; ctid: string })[]) {
    for (const { key, ctid, ...row } of rows) {
      const version = { ctid, text: textOf(row), row: row as unknown as Provenance };
      this.#standing.set(key, [...(this.#standing.get(key) ?? []), version]);
    }
  }

  /** From the sequence on, the rows of the key are these. Rows that say the same as before stay as they are. */
  set(key: string, rows: Content<T>[], sequence: number): void {
    const before = this.#standing.get(key) ?? [];
    const wanted = rows.map((row) => ({ ...row, known_from: sequence, known_until: null }));
    const kept: Version[] = [];
    const remaining = [...before];
    for (const row of wanted) {
      const text = textOf(row);
      const same = remaining.findIndex((version) => version.text === text);
      if (same >= 0) kept.push(...remaining.splice(same, 1));
      else {
        this.#added.add(row);
        kept.push({ ctid: null, text, row });
      }
    }
    for (const version of remaining) this.#end(version, sequence);
    if (kept.length > 0) this.#standing.set(key, kept);
    else this.#standing.delete(key);
  }

  /** The rows of the key as they stand now. */
  of(key: string): Content<T>[] {
    return (this.#standing.get(key) ?? []).map(({ row }) => row as unknown as Content<T>);
  }

  async write(tables: Kysely<any>, schema: string, name: string, table: T): Promise<void> {
    if (this.#ended.length > 0) {
      await sql`
        update ${sql.id(schema, name)} t set known_until = x.until
          from json_to_recordset(${JSON.stringify(this.#ended)}::json) as x(ctid tid, until bigint)
         where t.ctid = x.ctid`.execute(tables);
    }
    await insertRows(tables, schema, name, table, [...this.#added]);
  }

  #end({ ctid, row }: Version, sequence: number): void {
    if (ctid !== null) this.#ended.push({ ctid, until: sequence });
    // One that began in this very event has never been seen; one that began in this page is not written yet.
    else if (row.known_from === sequence) this.#added.delete(row);
    else row.known_until = sequence;
  }
}

/** What a row says, without from when until when it was known; the same text wherever the row comes from. */
function textOf({ known_from: _from, known_until: _until, ...content }: Provenance): string {
  return canonicalize(content)!;
}
