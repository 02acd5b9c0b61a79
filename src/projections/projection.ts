// A read model is one value: its name, version, tables and one handler per event type. What it handles is the keys of its handlers.
import type { Kysely } from 'kysely';
import type { Fact } from '../domain/fact.ts';
import { eventTypes, type Content, type TypeName } from '../domain/vocabulary.ts';
import type { Excerpt } from '../events/read-log.ts';
import type { FactChange } from './fact-changes.ts';
import type { Row, StoredRow, Table } from './table.ts';
import type { Workshop } from './workshop.ts';

export type Tables = Record<string, Table>;

/** The rows that one fact contributes, by table. */
export type Contribution<T extends Tables> = { [Name in keyof T]?: Row<T[Name]>[] };

/** The projection's own tables as Kysely sees them. */
export type DatabaseOf<T extends Tables> = { [Name in keyof T & string]: StoredRow<T[Name]> };

export type Handlers<T extends Tables> = {
  [Name in TypeName]?: (fact: Fact<Content<Name>>) => Contribution<T>;
};

export interface Projection<T extends Tables = Tables> {
  name: string;
  /** Raise it whenever a table or a handler changes: the read model is then built anew beside the former one. */
  version: number;
  tables: T;
  /**
   * From one fact to the rows it contributes, and nothing else: no clock, no other table. Corrections and retractions need no
   * handler: the rows of the former account end where they were recorded, and those of the new account begin there.
   */
  handlers: Handlers<T>;
  /** The rows that show that an event was recorded which was redacted since; none where it is left out. */
  redacted?: (fact: Fact) => Contribution<T>;
  /**
   * What the handlers look at, where that is little: a rebuild of this projection alone then reads no more from the log. Where it
   * is left out, all of every type that has a handler.
   */
  reads?: Excerpt;
  /** How the derived tables are filled. */
  derived?: Derived;
}

/** Tables that no single fact can fill. Whether events come page by page or all at once, the rows are the same. */
export interface Derived {
  /** Once what a page contributes is written, in the same transaction. `tables` are those of the run, in `schema`. */
  page(page: Page, tables: Kysely<any>, schema: string): Promise<void>;
  /** Once what all events contribute is written: the derived tables are empty, and nobody reads them yet. */
  all(workshop: Workshop): Promise<void>;
}

/** Some consecutive events as one projection sees them. */
export interface Page {
  changes: readonly FactChange[];
  /** The rows a fact contributes to a table. */
  rowsOf(table: string, fact: Fact): Row<Table>[];
}

export function defineProjection<T extends Tables>(projection: Projection<T>): Projection<T> {
  return Object.freeze(projection);
}

/** The same handler for every event type there is and will be. */
export function everyType<T extends Tables>(handler: (fact: Fact) => Contribution<T>): Handlers<T> {
  return Object.fromEntries(eventTypes.map(({ type }) => [type, handler]));
}

/** What a projection needs of the log. */
export function excerptFor({ reads, handlers }: Projection): Excerpt {
  return reads ?? { types: Object.keys(handlers) };
}

/** The changes, with each fact's contribution worked out once. */
export function pageOf(
  { handlers, redacted }: Pick<Projection, 'handlers' | 'redacted'>,
  changes: readonly FactChange[],
): Page {
  const contributions = new Map<Fact, Contribution<Tables>>();
  return {
    changes,
    rowsOf(table, fact) {
      let contribution = contributions.get(fact);
      if (!contribution) {
        const ofType = handlers[fact.type as TypeName] as ((fact: Fact) => Contribution<Tables>) | undefined;
        const handler = fact.redacted === undefined ? ofType : redacted;
        contributions.set(fact, (contribution = handler?.(fact) ?? {}));
      }
      return contribution[table] ?? [];
    },
  };
}
