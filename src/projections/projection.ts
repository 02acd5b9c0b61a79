// A read model is one value: its name, version, tables and one handler per event type. What it handles is the keys of its handlers.
import type { Transaction } from 'kysely';
import type { Fact } from '../domain/fact.ts';
import { eventTypes, type Content, type TypeName } from '../domain/vocabulary.ts';
import type { FactChange } from './fact-changes.ts';
import type { Row, StoredRow, Table } from './table.ts';

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
  /** Raise it whenever a table or a handler changes: the read model is then built anew. */
  version: number;
  tables: T;
  /**
   * From one fact to the rows it contributes, and nothing else: no clock, no other table. Corrections and retractions need no
   * handler: the rows of the former account end where they were recorded, and those of the new account begin there.
   */
  handlers: Handlers<T>;
  /** Writes the derived tables. Runs in the same transaction, after the contributions of the page are written. */
  derive?: (changes: FactChange[], tables: Transaction<DatabaseOf<T>>, schema: string) => Promise<void>;
}

export function defineProjection<T extends Tables>(projection: Projection<T>): Projection<T> {
  return Object.freeze(projection);
}

/** The same handler for every event type there is and will be. */
export function everyType<T extends Tables>(handler: (fact: Fact) => Contribution<T>): Handlers<T> {
  return Object.fromEntries(eventTypes.map(({ type }) => [type, handler]));
}

/** The rows a fact contributes; none where the projection has no handler for its type. */
export function contributionOf<T extends Tables>({ handlers }: { handlers: Handlers<T> }, fact: Fact): Contribution<T> {
  const handler = handlers[fact.type as TypeName] as ((fact: Fact) => Contribution<T>) | undefined;
  return handler?.(fact) ?? {};
}
