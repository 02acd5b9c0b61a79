// Answers about what facts rest on.
import { sql } from 'kysely';
import type { Fact } from '../../domain/fact.ts';
import { WHOLE } from '../../domain/sourcing.ts';
import type { Moment } from '../moment.ts';
import { firstOfEach } from '../first-of-each.ts';
import { BY_DATE, isAfter, type Place } from '../place.ts';
import { readFacts } from '../read-facts.ts';
import { asKnown, ReadModel, type Asked } from '../read-model.ts';
import { ANYBODY, type StoredRow } from '../table.ts';
import { sourcing } from './sourcing.ts';
import { type SourcingTables } from './tables.ts';

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
  readonly #model: ReadModel<SourcingTables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, sourcing);
  }

  /** Facts by date, after a place. */
  async list(filter: SourcingFilter, { at, knownAt }: Moment, after: Place | null, limit: number) {
    const { types, actors: [first = ANYBODY, ...others] = [], anonymous, disputed, minSources, maxSources } = filter;
    const { tables } = this.#model;
    let listed = tables.selectFrom('listing').selectAll().where(asKnown(knownAt)).where('name', '=', first);
    for (const name of others) {
      const named = tables.selectFrom('listing as o').select('o.sequence').where('o.name', '=', name);
      const also = named.where(sql<boolean>`o.sequence = listing.sequence`).where(asKnown(knownAt, 'o'));
      listed = listed.where(sql<boolean>`exists ${also}`);
    }
    // Written out, because an index is only taken for a condition that is known when the query is planned.
    if (anonymous !== undefined)
      listed = listed.where(anonymous ? sql<boolean>`anonymous` : sql<boolean>`not anonymous`);
    if (disputed !== undefined) listed = listed.where(disputed ? sql<boolean>`disputed` : sql<boolean>`not disputed`);
    if (minSources !== undefined) listed = listed.where(sql<boolean>`sources >= ${sql.lit(minSources)}`);
    if (maxSources !== undefined) listed = listed.where(sql<boolean>`sources <= ${sql.lit(maxSources)}`);
    if (at !== null) listed = listed.where('earliest', '<=', at);
    if (after) listed = listed.where(isAfter(after));
    const page = firstOfEach(tables, listed, { type: types }, sql.raw(BY_DATE), limit);
    const ids = tables.selectFrom(page.as('page')).select('page.event');
    const { sequence, ...found } = await this.#model.ask({
      order: page,
      rows: tables.selectFrom('sourcing').selectAll().where(asKnown(knownAt)).where('event', 'in', ids),
      disputes: tables
        .selectFrom('dispute')
        .selectAll()
        .where(asKnown(knownAt))
        .where('fact', 'in', ids)
        .orderBy('sequence'),
    });
    const rowOf = new Map(found.rows.map((row) => [row.event, row]));
    const rows = found.order.map(({ event }) => rowOf.get(event)!);
    const facts = await readFacts(this.#model.log, [...rows, ...found.disputes]);
    const rivals = Map.groupBy(
      found.disputes.map(({ fact }, n) => ({ fact, told: facts[rows.length + n]! })),
      ({ fact }) => fact,
    );
    const items = rows.map((row, n) => viewOf(row, facts[n]!, rivals.get(row.event)?.map(({ told }) => told) ?? []));
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
