// Derives the rows of keys from what facts contribute and from offices: for every event of a page, the keys that it touches get
// their rows anew, as they are known from that event on.
import { sql, type Kysely } from 'kysely';
import { AffiliationHistory, affiliationChanges } from './affiliations.ts';
import type { FactChange } from './fact-changes.ts';
import { RowVersions, type Content } from './row-versions.ts';
import type { Tables } from './projection.ts';
import { isKnown, type Provenance, type StoredRow, type Table } from './table.ts';

export interface Derivation<Input extends Provenance, T extends Tables> {
  /** The derived tables. */
  derived: T;
  /** The column that holds the key, in every one of them, and its type in SQL. */
  key: { column: string; type: 'uuid' | 'bigint' };
  /** The keys that a change concerns. */
  touches(change: FactChange): string[];
  /** Where offices make a difference: whom an input names, and the keys of the stored rows that name one of these actors. */
  actors?: { of(input: Input): string[]; keysOf(actors: string[]): Promise<string[]> };
  /** What the rows of these keys are derived from: all that was known at some sequence from `since` on, by key. */
  inputs(keys: string[], since: number): Promise<Map<string, Input[]>>;
  /** The rows of a key, from the inputs known at a sequence. */
  rowsOf(key: string, inputs: Input[], sequence: number, affiliations: AffiliationHistory): DerivedRows<T>;
}

/** The rows of a key, by table. */
export type DerivedRows<T extends Tables> = { [Name in keyof T]: Content<T[Name]>[] };

/** Writes the derived rows of a page. `onChange` is told what the rows of a key were before an event and are after it. */
export async function derive<Input extends Provenance, T extends Tables>(
  changes: FactChange[],
  tables: Kysely<any>,
  schema: string,
  derivation: Derivation<Input, T>,
  onChange?: (before: DerivedRows<T>, after: DerivedRows<T>, sequence: number) => void,
): Promise<void> {
  const { derived, key } = derivation;
  const since = changes[0]!.sequence;
  const touched = changes.flatMap((change) =>
    derivation.touches(change).map((key) => ({ key, sequence: change.sequence })),
  );
  const { actors } = derivation;
  const affiliated = actors ? affiliationChanges(changes) : [];
  if (touched.length === 0 && affiliated.length === 0) return;
  const affiliations = actors ? await AffiliationHistory.read(tables, since) : AffiliationHistory.none();
  const turns = affiliated.map(({ actor, sequence }) => ({ sequence, dependants: affiliations.dependants(actor) }));
  const concerned = [...new Set(turns.flatMap(({ dependants }) => [...dependants]))];
  const stored = actors && concerned.length > 0 ? await actors.keysOf(concerned) : [];
  const keys = [...new Set([...touched.map((one) => one.key), ...stored])];
  if (keys.length === 0) return;
  const inputs = await derivation.inputs(keys, since);
  if (actors && turns.length > 0) {
    for (const key of keys) {
      const named = new Set((inputs.get(key) ?? []).flatMap((input) => actors.of(input)));
      for (const { sequence, dependants } of turns)
        if ([...named].some((actor) => dependants.has(actor))) touched.push({ key, sequence });
    }
  }
  const versions = new Map<keyof T & string, RowVersions<T[keyof T]>>();
  for (const name of Object.keys(derived) as (keyof T & string)[])
    versions.set(name, new RowVersions(await standingRows(tables, schema, name, key, keys)));
  for (const one of touched.toSorted((a, b) => a.sequence - b.sequence)) {
    const known = (inputs.get(one.key) ?? []).filter((input) => isKnown(input, one.sequence));
    const rows = derivation.rowsOf(one.key, known, one.sequence, affiliations);
    const before = Object.fromEntries([...versions].map(([name, own]) => [name, own.of(one.key)]));
    onChange?.(before as DerivedRows<T>, rows, one.sequence);
    for (const [name, own] of versions) own.set(one.key, rows[name], one.sequence);
  }
  for (const [name, own] of versions) await own.write(tables, schema, name, derived[name]!);
}

/** The rows of a derived table that stand, each with its `ctid`. */
async function standingRows<T extends Table>(
  tables: Kysely<any>,
  schema: string,
  name: string,
  { column, type }: { column: string; type: string },
  keys: string[],
): Promise<(StoredRow<T> & { key: string; ctid: string })[]> {
  const { rows } = await sql<StoredRow<T> & { key: string; ctid: string }>`
    select t.*, t.${sql.id(column)}::text as key, t.ctid::text as ctid
      from ${sql.id(schema, name)} t
     where t.${sql.id(column)} = any(${keys}::${sql.raw(type)}[]) and t.known_until is null`.execute(tables);
  return rows;
}
