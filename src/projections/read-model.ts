// Asks a read model: all parts of an answer and the sequence it reflects come from one snapshot, in one round trip.
import { sql, type Compilable, type Kysely } from 'kysely';
import { prepared } from '../database/preparing-client.ts';
import type { LogStore } from '../events/log-database.ts';
import type { AnsweringRun, AnsweringRuns } from './answering-runs.ts';
import type { DatabaseOf, Projection, Tables } from './projection.ts';

/** How things are known: at a sequence of the log, or (null) as far as it has been applied. */
export type KnownAt = number | null;

/** What a question is put to: the live read models, or those of a what-if. */
export interface Asked {
  runs: AnsweringRuns;
  /** The id of the rebuild whose scratch runs answer; null asks the live ones. */
  rebuild: number | null;
}

/** How often a question is put anew because what it was put to has been replaced meanwhile. */
const TRIES = 5;

export class ReadModel<T extends Tables> {
  readonly #asked: Asked;
  readonly #projection: Projection<T>;
  readonly #isPrepared: boolean;

  /** With `isPrepared`, questions are planned once: where their plans do not depend on what is asked for. */
  constructor(asked: Asked, projection: Projection<T>, { isPrepared = false } = {}) {
    this.#asked = asked;
    this.#projection = projection;
    this.#isPrepared = isPrepared;
  }

  get log(): LogStore {
    return this.#asked.runs.log;
  }

  /** For building queries on the projection's own tables; {@link ask} runs them, on the tables of the run that answers. */
  get tables(): Kysely<DatabaseOf<T>> {
    return this.log.db as unknown as Kysely<DatabaseOf<T>>;
  }

  /** Runs the queries together; each part of the answer holds the rows of the query of that name. */
  async ask<Q extends Record<string, Compilable<any>>>(queries: Q): Promise<Answer<Q>> {
    const { runs, rebuild } = this.#asked;
    for (let tries = 1; ; tries++) {
      const run = await runs.runOf(this.#projection, rebuild);
      const answer = await this.#askRun(run, queries);
      if (answer) {
        await runs.noteAnswer(run, answer.sequence);
        return answer;
      }
      runs.forget(run);
      if (tries === TRIES) throw new Error(`${this.#projection.name} is being replaced again and again.`);
    }
  }

  /** Undefined where the run does not answer any more. */
  async #askRun<Q extends Record<string, Compilable<any>>>(
    run: AnsweringRun,
    queries: Q,
  ): Promise<Answer<Q> | undefined> {
    const parts = Object.entries(queries).map(
      ([name, query]) =>
        sql`(select coalesce(json_agg(q), '[]'::json) from (${query as unknown as ReturnType<typeof sql>}) q) as ${sql.id(name)}`,
    );
    try {
      const { rows } = await sql<Answer<Q>>`${this.#isPrepared ? prepared : sql``}
        select r.checkpoint as sequence, ${sql.join(parts)}
          from ${sql.id(this.log.schema, 'projection_run')} r
         where r.id = ${run.id} and r.role = ${run.role}`.execute(this.log.db.withSchema(run.schema));
      return rows[0];
    } catch (error) {
      // invalid_schema_name, undefined_table: it has been dropped.
      if (['3F000', '42P01'].includes((error as { code: string }).code)) return undefined;
      throw error;
    }
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
