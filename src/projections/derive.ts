// Derives the rows of keys from what facts contribute and from offices: for every event that touches a key, the key gets its rows
// anew, as they are known from that event on.
import { sql, type Kysely } from 'kysely';
import { AffiliationHistory, affiliationChanges } from './affiliations.ts';
import { knownSince } from './read-model.ts';
import { RowVersions, type Content } from './row-versions.ts';
import type { Derived, Page, Tables } from './projection.ts';
import { isKnown, type Provenance, type StoredRow, type Table } from './table.ts';
import { countAll, countPage, type RowChanges, type Tally } from './tallies.ts';
import { insertRows } from './write-page.ts';
import type { Workshop } from './workshop.ts';

export interface Derivation<Input extends Provenance, T extends Tables> {
  /** The derived tables, and the column that holds the key in every one of them. */
  derived: T;
  key: string;
  /** The contributed tables that they are derived from, each with the column that holds the key, of this type in SQL. */
  inputs: Record<string, string>;
  keyType: 'uuid' | 'bigint';
  /** Where offices make a difference: whom an input names, and a query of the keys (as `key`) that may name one of these actors. */
  actors?: {
    of(input: Input): string[];
    keysOf(tables: Kysely<any>, actors: string[]): Promise<{ key: unknown }[]>;
  };
  /** The rows of a key, from the inputs known at a sequence. */
  rowsOf: (key: string, inputs: Input[], sequence: number, affiliations: AffiliationHistory) => DerivedRows<T>;
  /** Counts over what is derived. */
  tallies?: Tally[];
}

/** The rows of a key, by table. */
export type DerivedRows<T extends Tables> = { [Name in keyof T]: Content<T[Name]>[] };

/** A key gets its rows anew at a sequence. */
interface Turn {
  key: string;
  sequence: number;
}

export function derivedByKey<Input extends Provenance, T extends Tables>(derivation: Derivation<Input, T>): Derived {
  return {
    page: (page, tables, schema) => derivePage(derivation, page, tables, schema),
    all: (workshop) => deriveAll(derivation, workshop),
  };
}

async function derivePage<Input extends Provenance, T extends Tables>(
  derivation: Derivation<Input, T>,
  page: Page,
  tables: Kysely<any>,
  schema: string,
): Promise<void> {
  const { derived, actors } = derivation;
  if (page.changes.length === 0) return;
  const since = page.changes[0]!.sequence;
  const turns = [...touchedBy(page, derivation.inputs), ...(await redactedTurns(derivation, page, tables))];
  const affiliated = actors ? affiliationChanges(page.changes) : [];
  if (turns.length === 0 && affiliated.length === 0) return;
  const affiliations = actors ? await AffiliationHistory.read(tables, since) : AffiliationHistory.none();
  const moved = affiliated.map(({ actor, sequence }) => ({ sequence, dependants: affiliations.dependants(actor) }));
  const concerned = [...new Set(moved.flatMap(({ dependants }) => [...dependants]))];
  const stored = actors && concerned.length > 0 ? await actors.keysOf(tables, concerned) : [];
  const keys = [...new Set([...turns.map((one) => one.key), ...stored.map(({ key }) => String(key))])];
  if (keys.length === 0) return;
  const inputs = await inputsOf(derivation, tables, keys, since);
  if (actors && moved.length > 0) {
    for (const key of keys) {
      const named = new Set((inputs.get(key) ?? []).flatMap((input) => actors.of(input)));
      for (const { sequence, dependants } of moved)
        if ([...named].some((actor) => dependants.has(actor))) turns.push({ key, sequence });
    }
  }
  const versions = new Map<string, RowVersions<Table>>();
  for (const name of Object.keys(derived))
    versions.set(name, new RowVersions(await standingRows(tables, schema, name, derivation, keys)));
  for (const turn of turns.toSorted((a, b) => a.sequence - b.sequence))
    take(derivation, versions, turn, inputs.get(turn.key) ?? [], affiliations);
  const changes = new Map<string, RowChanges>();
  for (const [name, own] of versions) {
    const { places, ...changed } = own.changes();
    await endPlaces(tables, schema, name, places);
    await insertRows(tables, schema, name, derived[name]!, changed.added);
    changes.set(name, changed);
  }
  for (const tally of derivation.tallies ?? []) await countPage(tables, schema, tally, changes.get(tally.of)!);
}

/** The keys of what facts contribute and cease to, with the sequence at which they do. */
function touchedBy(page: Page, inputs: Record<string, string>): Turn[] {
  const turns: Turn[] = [];
  for (const { sequence, before, after } of page.changes) {
    const keys = new Set<string>();
    for (const fact of [before, after])
      for (const [table, column] of Object.entries(inputs))
        for (const row of fact ? page.rowsOf(table, fact) : [])
          keys.add(String(column === 'sequence' ? fact!.sequence : row[column]));
    for (const key of keys) turns.push({ key, sequence });
  }
  return turns;
}

/** The keys that were drawn from what is redacted: its rows end where it is, and say no more what they were drawn by. */
async function redactedTurns<Input extends Provenance, T extends Tables>(
  { inputs }: Derivation<Input, T>,
  { changes }: Page,
  tables: Kysely<any>,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (const { sequence, forgotten } of changes) {
    if (!forgotten) continue;
    for (const [table, column] of Object.entries(inputs)) {
      const keys = await tables
        .selectFrom(table)
        .select(sql`${sql.ref(column)}`.as('key'))
        .distinct()
        .where('sequence', '=', forgotten.sequence)
        .execute();
      turns.push(...keys.map(({ key }) => ({ key: String(key), sequence })));
    }
  }
  return turns;
}

/** All that was known of the keys at some sequence from `since` on, by key. */
async function inputsOf<Input extends Provenance, T extends Tables>(
  { inputs, keyType }: Derivation<Input, T>,
  tables: Kysely<any>,
  keys: string[],
  since: number,
): Promise<Map<string, Input[]>> {
  const byKey = new Map<string, Input[]>();
  for (const [table, column] of Object.entries(inputs)) {
    const rows = (await tables
      .selectFrom(table)
      .selectAll()
      .where(sql<boolean>`${sql.ref(column)} = any(${keys}::${sql.raw(keyType)}[])`)
      .where(knownSince(since))
      .execute()) as (Input & Record<string, unknown>)[];
    for (const row of rows) {
      const key = String(row[column]);
      const own = byKey.get(key);
      if (own) own.push(row);
      else byKey.set(key, [row]);
    }
  }
  return byKey;
}

function take<Input extends Provenance, T extends Tables>(
  { rowsOf }: Derivation<Input, T>,
  versions: Map<string, RowVersions<Table>>,
  { key, sequence }: Turn,
  inputs: Input[],
  affiliations: AffiliationHistory,
): void {
  const known = inputs.filter((input) => isKnown(input, sequence));
  const rows = rowsOf(key, known, sequence, affiliations);
  for (const [name, own] of versions) own.set(key, rows[name]!, sequence);
}

/** Key by key, each with everything that ever touched it. */
async function deriveAll<Input extends Provenance, T extends Tables>(
  derivation: Derivation<Input, T>,
  workshop: Workshop,
): Promise<void> {
  const { derived, actors, inputs } = derivation;
  const affiliations = actors ? await workshop.affiliations() : AffiliationHistory.none();
  const names = Object.keys(derived);
  for await (const [key, rows] of workshop.byKey<Input>(inputs)) {
    const turns = new Set(rows.flatMap(({ known_from, known_until }) => [known_from, known_until ?? known_from]));
    for (const sequence of actors ? affiliations.turnsOf(rows.flatMap((row) => actors.of(row))) : [])
      turns.add(sequence);
    const first = Math.min(...rows.map(({ known_from }) => known_from));
    if (turns.size === 1) {
      const derivedRows = derivation.rowsOf(key, rows, first, affiliations);
      for (const name of names) await workshop.write(name, derived[name]!, derivedRows[name]!.map(begunAt(first)));
      continue;
    }
    const versions = new Map(names.map((name) => [name, new RowVersions<Table>()]));
    for (const sequence of [...turns].toSorted((a, b) => a - b))
      if (sequence >= first) take(derivation, versions, { key, sequence }, rows, affiliations);
    for (const [name, own] of versions) await workshop.write(name, derived[name]!, own.changes().added);
  }
  await workshop.flush();
  for (const tally of derivation.tallies ?? []) await workshop.fill((db) => countAll(db, workshop.schema, tally));
}

/** Rows that are known from a sequence on. */
function begunAt(sequence: number) {
  return (row: object) => ({ ...row, known_from: sequence, known_until: null });
}

/** The rows of a derived table that stand, each with its `ctid`. */
async function standingRows<T extends Table>(
  tables: Kysely<any>,
  schema: string,
  name: string,
  { key, keyType }: { key: string; keyType: string },
  keys: string[],
): Promise<(StoredRow<T> & { key: string; ctid: string })[]> {
  const { rows } = await sql<StoredRow<T> & { key: string; ctid: string }>`
    select t.*, t.${sql.id(key)}::text as key, t.ctid::text as ctid
      from ${sql.id(schema, name)} t
     where t.${sql.id(key)} = any(${keys}::${sql.raw(keyType)}[]) and t.known_until is null`.execute(tables);
  return rows;
}

async function endPlaces(
  tables: Kysely<any>,
  schema: string,
  name: string,
  places: { ctid: string; until: number }[],
): Promise<void> {
  if (places.length === 0) return;
  await sql`
    update ${sql.id(schema, name)} t set known_until = x.until
      from json_to_recordset(${JSON.stringify(places)}::json) as x(ctid tid, until bigint)
     where t.ctid = x.ctid`.execute(tables);
}
