// The tables of a read model, declared once: from the declaration follow the SQL, the row's TypeScript type and the bulk writes.
import type { Interval } from '../domain/occurred.ts';

/** A column: its SQL type, and (in the type only) what it holds in TypeScript. */
export interface Column<T> {
  sql: string;
  readonly holds?: T;
}

export const text: Column<string> = { sql: 'text not null' };
export const textOrNull: Column<string | null> = { sql: 'text' };
/** Text that is one of a few words. */
export function word<T extends string>(): Column<T> {
  return { sql: 'text not null' };
}
export function wordOrNull<T extends string>(): Column<T | null> {
  return { sql: 'text' };
}
export const textList: Column<string[]> = { sql: 'text[] not null' };
export const uuid: Column<string> = { sql: 'uuid not null' };
export const uuidOrNull: Column<string | null> = { sql: 'uuid' };
export const integer: Column<number> = { sql: 'integer not null' };
export const integerOrNull: Column<number | null> = { sql: 'integer' };
export const sequenceList: Column<number[]> = { sql: 'bigint[] not null' };
export const boolean: Column<boolean> = { sql: 'boolean not null' };
/** A calendar day; `-infinity` and `infinity` stand for an open start and an open end. */
export const day: Column<string> = { sql: 'date not null' };
export function json<T>(): Column<T> {
  return { sql: 'jsonb not null' };
}

/** JSON that is only written and read back whole. */
export function jsonText<T>(): Column<T> {
  return { sql: 'json not null' };
}

type Columns = Record<string, Column<unknown>>;

/** A table of a read model; `indexes` are the column lists, each as it stands in `create index`. */
export interface Table<C extends Columns = Columns> {
  columns: C;
  indexes: string[];
  /**
   * `contributed` by facts, `derived` from what they contribute; or `scratch`: contributed while the read model is built, for
   * what is derived then, and not kept.
   */
  kind: 'contributed' | 'derived' | 'scratch';
  /** Whether its rows sum up many facts, so that the one they name is only that which changed them last. */
  sumsUp?: boolean;
}

/** A table whose rows are contributed by facts. */
export function table<C extends Columns>(columns: C, indexes: string[] = []): Table<C> {
  return Object.freeze({ columns, indexes, kind: 'contributed' as const });
}

/** A table whose rows no single fact can give. */
export function derivedTable<C extends Columns>(columns: C, indexes: string[] = []): Table<C> {
  return Object.freeze({ columns, indexes, kind: 'derived' as const });
}

/** A derived table whose rows sum up many facts each. */
export function summaryTable<C extends Columns>(columns: C, indexes: string[] = []): Table<C> {
  return Object.freeze({ columns, indexes, kind: 'derived' as const, sumsUp: true });
}

/** A table whose rows are contributed by facts while the read model is built, and then dropped. */
export function scratchTable<C extends Columns>(columns: C): Table<C> {
  return Object.freeze({ columns, indexes: [], kind: 'scratch' as const });
}

/** What a handler gives for one row. */
export type Row<T extends Table> = {
  [K in keyof T['columns']]: T['columns'][K] extends Column<infer V> ? V : never;
};

/**
 * What the framework adds to each row. The row was drawn from the fact of `event`, recorded at `sequence`, and is how
 * things are known from the sequence `known_from` until before `known_until` (null: still).
 */
export interface Provenance {
  event: string;
  sequence: number;
  known_from: number;
  known_until: number | null;
}

export const PROVENANCE_COLUMNS = {
  event: 'uuid not null',
  sequence: 'bigint not null',
  known_from: 'bigint not null',
  known_until: 'bigint',
};

/**
 * At the end of the columns of an index, so that what was not known yet, or is no longer, is passed over without looking at its row.
 */
export const KNOWN = 'known_from, known_until';

/** The name under which a table of listings holds a row for whoever it may be. */
export const ANYBODY = '';

export type StoredRow<T extends Table> = Row<T> & Provenance;

/** Whether a row was known at a sequence. */
export function isKnown({ known_from, known_until }: Provenance, sequence: number): boolean {
  return known_from <= sequence && (known_until === null || known_until > sequence);
}

/** The interval of a date as `day` columns hold it. */
export function dayBounds({ earliest, latest }: Interval): { earliest: string; latest: string } {
  return { earliest: earliest ?? '-infinity', latest: latest ?? 'infinity' };
}

/** The interval that `day` columns hold, open bounds as null again. */
export function intervalOf({ earliest, latest }: { earliest: string; latest: string }): Interval {
  return {
    earliest: earliest === '-infinity' ? null : earliest,
    latest: latest === 'infinity' ? null : latest,
  };
}
