// Asks a read model: all parts of an answer and the sequence it reflects come from one snapshot, in one round trip.
import { sql, type Compilable, type Kysely } from 'kysely';
import type { LogStore } from '../events/log-database.ts';
import type { DatabaseOf, Projection, Tables } from './projection.ts';
import { schemaName } from './schema.ts';

/** How things are known: at a sequence of the log, or (null) as far as it has been applied. */
export type KnownAt = number | null;

export class ReadModel<T extends Tables> {
  readonly #log: LogStore;
  readonly #projection: Projection<T>;

  constructor(log: LogStore, projection: Projection<T>) {
    this.#log = log;
    this.#projection = projection;
  }

  /** For building queries on the projection's own tables; {@link ask} runs them. */
  get tables(): Kysely<DatabaseOf<T>> {
    return this.#log.db.withSchema(schemaName(this.#log.schema, this.#projection as Projection)) as unknown as Kysely<
      DatabaseOf<T>
    >;
  }

  /** Runs the queries together; each part of the answer holds the rows of the query of that name. */
  async ask<Q extends Record<string, Compilable<any>>>(queries: Q): Promise<Answer<Q>> {
    const parts = Object.entries(queries).map(
      ([name, query]) =>
        sql`(select coalesce(json_agg(q), '[]'::json) from (${query as unknown as ReturnType<typeof sql>}) q) as ${sql.id(name)}`,
    );
    const { rows } = await sql<Answer<Q>>`
      select p.checkpoint as sequence, ${sql.join(parts)}
        from ${sql.id(this.#log.schema, 'projection')} p where p.name = ${this.#projection.name}`.execute(this.#log.db);
    return rows[0]!;
  }
}

export type Answer<Q extends Record<string, Compilable<any>>> = { sequence: number } & {
  [Name in keyof Q]: Q[Name] extends Compilable<infer Row> ? Row[] : never;
};

/** Rows that were known at some sequence from `since` on; for `where`. */
export function knownSince(since: number) {
  return sql<boolean>`(known_until is null or known_until >= ${since})`;
}

/** A condition on rows: how they are known at a sequence, or still. For `where`, on the alias of the table if there is one. */
export function asKnown(knownAt: KnownAt, alias?: string) {
  const column = (name: string) => sql.ref(alias === undefined ? name : `${alias}.${name}`);
  if (knownAt === null) return sql<boolean>`${column('known_until')} is null`;
  return sql<boolean>`${column('known_from')} <= ${knownAt} and (${column('known_until')} is null or ${column('known_until')} > ${knownAt})`;
}
