// Answers about what facts rest on.
import { sql } from 'kysely';
import type { Fact } from '../../domain/fact.ts';
import { WHOLE } from '../../domain/sourcing.ts';
import type { LogStore } from '../../events/log-database.ts';
import { firstOfEach } from '../first-of-each.ts';
import { BY_DATE, isAfter, type Place } from '../place.ts';
import { readFacts } from '../read-facts.ts';
import { asKnown, ReadModel, type KnownAt } from '../read-model.ts';
import type { StoredRow } from '../table.ts';
import { sourcing } from './sourcing.ts';
import type { SourcingTables } from './tables.ts';

/** What facts are sought; all that is given must hold. */
export interface SourcingFilter {
  /** One of these types. */
  types?: string[] | undefined;
  /** All of these actors take part. */
  actors?: string[] | undefined;
  /** Whether it rests, wholly or in part, on anonymous sources only. */
  anonymous?: boolean | undefined;
  disputed?: boolean | undefined;
  minSources?: number | undefined;
  maxSources?: number | undefined;
}

export interface SourcedFact {
  fact: Fact;
  /** Reports of it, its own among them. */
  mentions: number;
  /** Independent sources. */
  sources: number;
  /** What rests on anonymous sources only: the whole, or fields of its data; null where nothing does. */
  anonymous: 'whole' | string[] | null;
  grade: { reliability: string | null; credibility: number | null };
  /** The disputes about it, in the order of the log. */
  disputes: Fact[];
}

export class SourcedFacts {
  readonly #log: LogStore;
  readonly #model: ReadModel<SourcingTables>;

  constructor(log: LogStore) {
    this.#log = log;
    this.#model = new ReadModel(log, sourcing);
  }

  /** Facts by date, after a place. */
  async list(filter: SourcingFilter, knownAt: KnownAt, after: Place | null, limit: number) {
    const { types, actors, anonymous, disputed, minSources, maxSources } = filter;
    const { tables } = this.#model;
    let page = tables.selectFrom('sourcing').selectAll().where(asKnown(knownAt));
    if (actors) page = page.where(sql<boolean>`actors @> ${actors}::text[]`);
    // Written out, because an index is only taken for a condition that is known when the query is planned.
    if (anonymous !== undefined)
      page = page.where(anonymous ? sql<boolean>`anonymous <> '{}'` : sql<boolean>`anonymous = '{}'`);
    if (disputed !== undefined) page = page.where(disputed ? sql<boolean>`disputes > 0` : sql<boolean>`disputes = 0`);
    if (minSources !== undefined) page = page.where(sql<boolean>`sources >= ${sql.lit(minSources)}`);
    if (maxSources !== undefined) page = page.where('sources', '<=', maxSources);
    if (after) page = page.where(isAfter(after));
    page = firstOfEach(tables, page, { type: types }, BY_DATE, limit);
    const disputing = tables
      .selectFrom('dispute')
      .selectAll()
      .where(asKnown(knownAt))
      .where('fact', 'in', tables.selectFrom(page.as('page')).select('page.event'))
      .orderBy('sequence');
    const { sequence, rows, disputes } = await this.#model.ask({ rows: page, disputes: disputing });
    const told = await readFacts(this.#log, [...rows, ...disputes]);
    const rivals = Map.groupBy(
      disputes.map(({ fact }, n) => ({ fact, dispute: told[rows.length + n]! })),
      ({ fact }) => fact,
    );
    const items = rows.map((row, n) =>
      viewOf(row, told[n]!, rivals.get(row.event)?.map(({ dispute }) => dispute) ?? []),
    );
    return { sequence, items };
  }
}

function viewOf(row: StoredRow<SourcingTables['sourcing']>, fact: Fact, disputes: Fact[]): SourcedFact {
  const { mentions, sources, anonymous, reliability, credibility } = row;
  return {
    fact,
    mentions,
    sources,
    anonymous: anonymous.includes(WHOLE) ? 'whole' : anonymous.length > 0 ? anonymous : null,
    grade: { reliability, credibility },
    disputes,
  };
}
