// Answers about dealings: when two actors were in contact, how long they were silent before, and how they got on month by month.
import { sql } from 'kysely';
import { meaningOf } from '../../domain/codings/coding-of.ts';
import type { Fact } from '../../domain/fact.ts';
import { silenceBetween, type Silence } from '../../domain/silence.ts';
import { isOnlyPossible, type Moment } from '../moment.ts';
import { isAfter, type Place } from '../place.ts';
import { readFacts } from '../read-facts.ts';
import { asKnown, ReadModel, type Asked } from '../read-model.ts';
import { intervalOf, type StoredRow } from '../table.ts';
import { dealings } from './dealings.ts';
import type { DealingTables } from './tables.ts';
import { lastDayOf } from './month.ts';

export interface Contact {
  fact: Fact;
  /** Its latest day is still to come on the day asked for. */
  possible: boolean;
  /** How long the two had not been in contact; null for the first contact. */
  silence: (Silence & { since: string }) | null;
}

interface Score {
  count: number;
  /** Of Goldstein values. */
  sum: number;
  /** Null where there is no fact. */
  mean: number | null;
  codings: { cameo: string; name: string; goldstein: number; count: number }[];
}

export interface Relations {
  /** Months as `YYYY-MM`, those in which nothing happened left out. */
  items: (Score & { month: string })[];
  /** Facts whose date does not say in which month they were. */
  imprecise: Score;
}

type Tally = Pick<StoredRow<DealingTables['tally']>, 'begins' | 'ends' | 'monthly' | 'cameo' | 'count'>;
type Count = Omit<Tally, 'ends'>;

export class Dealings {
  readonly #model: ReadModel<DealingTables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, dealings);
  }

  /** When the two met or spoke, by date, after a place. */
  async contacts(a: string, b: string, moment: Moment, after: Place | null, limit: number) {
    const held = this.#exchanges(a, b, moment).where('e.held', '=', true);
    const page = after ? held.where(isAfter(after, 'e')) : held;
    // What comes before the page, for the silence before its first contact.
    const before = after
      ? held
          .where(sql<boolean>`not ${isAfter(after, 'e')}`)
          .clearOrderBy()
          .orderBy(sql`e.earliest desc, e.latest desc, e.sequence desc`)
          .limit(1)
      : held.limit(0);
    const { sequence, rows, last } = await this.#model.ask({ rows: page.limit(limit), last: before });
    const facts = await readFacts(this.#model.log, rows);
    const items = rows.map((row, n): Contact => {
      const previous = rows[n - 1] ?? last[0];
      return {
        fact: facts[n]!,
        possible: isOnlyPossible(intervalOf(row), moment),
        silence: previous ? { since: previous.event, ...silenceBetween(intervalOf(previous), intervalOf(row)) } : null,
      };
    });
    return { sequence, items };
  }

  /** What one did towards the other, by date, after a place; within the days from `from` to `to`, where they are given. */
  async between(
    source: string,
    target: string,
    { from, to }: { from?: string | undefined; to?: string | undefined },
    moment: Moment,
    after: Place | null,
    limit: number,
  ) {
    let all = this.#exchanges(source, target, moment).limit(limit);
    if (from !== undefined) all = all.where('e.earliest', '>=', from);
    if (to !== undefined) all = all.where('e.earliest', '<=', to).where('e.latest', '<=', to);
    const { sequence, rows } = await this.#model.ask({ rows: after ? all.where(isAfter(after, 'e')) : all });
    return { sequence, items: await readFacts(this.#model.log, rows) };
  }

  /** What one did towards the other, counted by month; of the months from `from` to `to` (`YYYY-MM`), where they are given. */
  async relations(
    source: string,
    target: string,
    { from, to }: { from?: string | undefined; to?: string | undefined },
    moment: Moment,
  ): Promise<{ sequence: number } & Relations> {
    const { at } = moment;
    const begins = from === undefined ? '-infinity' : `${from}-01`;
    const ends = to === undefined ? 'infinity' : lastDayOf(to);
    let over = this.#model.tables
      .selectFrom(this.#tallies(source, target, moment).as('t'))
      .select(['t.begins', 't.monthly', 't.cameo', 't.count'])
      .where('t.count', '>', 0)
      .where('t.ends', '>=', begins)
      .where('t.begins', '<=', ends);
    // Months that are over are counted already; of the one that the day lies in, only what had begun by then.
    if (at !== null) over = over.where(sql<string>`case when t.monthly then t.ends else t.begins end`, '<=', at);
    const month = at === null || at === lastDayOf(at.slice(0, 7)) ? null : at.slice(0, 7);
    const isAsked = month !== null && (from === undefined || month >= from) && (to === undefined || month <= to);
    const begun = this.#exchanges(source, target, moment)
      .clearSelect()
      .clearOrderBy()
      .where(
        isAsked
          ? sql<boolean>`e.earliest >= ${`${month}-01`}::date and e.latest <= ${lastDayOf(month)}::date`
          : sql<boolean>`false`,
      )
      .select([sql.lit(`${month}-01`).as('begins'), sql.lit(true).as('monthly'), 'e.cameo'])
      .select(sql<number>`count(*)::integer`.as('count'))
      .groupBy('e.cameo');
    const { sequence, ...counts } = await this.#model.ask({ over, begun });
    return { sequence, ...scores([...counts.over, ...counts.begun]) };
  }

  #exchanges(source: string, target: string, { at, knownAt }: Moment) {
    const known = this.#model.tables
      .selectFrom('exchange as e')
      .innerJoin('dealing as d', (join) => join.onRef('d.sequence', '=', 'e.sequence').on(asKnown(knownAt, 'd')))
      .selectAll('e')
      .select('d.corrections')
      .where(asKnown(knownAt, 'e'))
      .where('e.source', '=', source)
      .where('e.target', '=', target)
      .orderBy('e.earliest')
      .orderBy('e.latest')
      .orderBy('e.sequence');
    return at === null ? known : known.where('e.earliest', '<=', at);
  }

  /** The counts of a pair as they were known; for `from`. */
  #tallies(source: string, target: string, { knownAt }: Moment) {
    const live = this.#model.tables
      .selectFrom('tally')
      .select(['begins', 'ends', 'monthly', 'cameo', 'count'])
      .where('source', '=', source)
      .where('target', '=', target)
      .where('known_until', 'is', null);
    if (knownAt === null) return sql<Tally>`(${live})`;
    // Every count that there ever was still has a last version; from each, one step back into what was known.
    const former = this.#model.tables
      .selectFrom('tally as t')
      .select('t.count')
      .where('t.source', '=', source)
      .where('t.target', '=', target)
      .where(sql<boolean>`(t.begins, t.ends, t.cameo) = (live.begins, live.ends, live.cameo)`)
      .where('t.known_from', '<=', knownAt)
      .orderBy('t.known_from', 'desc')
      .limit(1);
    return sql<Tally>`(select live.begins, live.ends, live.monthly, live.cameo, former.count
                  from (${live}) live cross join lateral (${former}) former)`;
  }
}

function scores(counts: Count[]): Relations {
  const months = Map.groupBy(
    counts.filter(({ monthly }) => monthly),
    ({ begins }) => begins.slice(0, 7),
  );
  return {
    items: [...months].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([month, own]) => ({ month, ...scoreOf(own) })),
    imprecise: scoreOf(counts.filter(({ monthly }) => !monthly)),
  };
}

function scoreOf(counts: Count[]): Score {
  const byCode = Map.groupBy(counts, ({ cameo }) => cameo);
  const codings = [...byCode]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cameo, own]) => {
      const { name, goldstein } = meaningOf(cameo);
      return { cameo, name, goldstein, count: total(own.map(({ count }) => count)) };
    });
  const count = total(codings.map((coding) => coding.count));
  const sum = total(codings.map((coding) => coding.count * coding.goldstein));
  return { count, sum: rounded(sum), mean: count === 0 ? null : rounded(sum / count), codings };
}

function total(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** Goldstein values have one decimal: what a sum shows beyond four is the noise of adding them. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
