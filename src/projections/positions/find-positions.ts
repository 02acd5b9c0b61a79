// Answers about positions: one series, who stands where on an issue, where one actor stands on all.
import { sql, type SelectQueryBuilder } from 'kysely';
import type { Fact } from '../../domain/fact.ts';
import type { Modality } from '../../domain/modality.ts';
import { parseOccurred, type Occurred } from '../../domain/occurred.ts';
import { conditionsInForce, type Change, type Classing } from '../../domain/series.ts';
import type { AttributionLink, Grade, Source } from '../../domain/source.ts';
import type { Firmness, Position } from '../../domain/stance.ts';
import { isOnlyPossible, type Moment } from '../moment.ts';
import type { Place } from '../place.ts';
import type { DatabaseOf } from '../projection.ts';
import { readFacts } from '../read-facts.ts';
import { asKnown, ReadModel, type Asked, type KnownAt } from '../read-model.ts';
import { firstOfEach } from '../first-of-each.ts';
import { intervalOf, type StoredRow } from '../table.ts';
import type { AssertionRow } from './assertion-row.ts';
import { positions } from './positions.ts';
import { MOVED, TIES, type PositionTables } from './tables.ts';

/** One assertion of a series, as answers show it. */
export interface AssertionView {
  change: Change | null;
  direction: Classing['direction'];
  delta: number | null;
  previous: string | null;
  renewed: boolean;
  position: Position | null;
  firmness: Firmness | null;
  conditions: { added: string[]; dropped: string[] };
  claimedReiteration: boolean;
  counted: boolean;
  modality: Modality;
  /** Its latest day is still to come on the day asked for. */
  possible: boolean;
  occurred: Occurred;
  recorded: string;
  speaker: string;
  onBehalfOf: string | null;
  principal: string;
  issue: string;
  event: string;
  sequence: number;
  type: string;
  summary: string | null;
  quote: string | null;
  source: Source | null;
  attribution: AttributionLink[] | null;
  grade: Grade | null;
}

/** The place after which a page begins. */
export interface AssertionCursor extends Place {
  speaker: string;
}

/** What changes are sought: begun in a window of days, `YYYY-MM-DD`; of one of the actors, on one of the issues. */
export interface ChangeFilter {
  from?: string | undefined;
  to?: string | undefined;
  actors?: string[] | undefined;
  issues?: string[] | undefined;
}

export class Positions {
  readonly #model: ReadModel<PositionTables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, positions, { isPrepared: true });
  }

  /**
   * The classed series of a principal on an issue up to the day asked for, `limit` assertions after a place. Whatever the page:
   * the assertion that holds then, the conditions it is tied to, and whom the actor's own words on the issue count for where
   * that is somebody else.
   */
  async series(actor: string, issue: string, moment: Moment, after: AssertionCursor | null, limit: number) {
    const own = this.#assertions(moment).where('principal', '=', actor).where('issue', '=', issue);
    const page = after ? own.where(isAfter(after)) : own;
    const { sequence, rows, last, ties, others } = await this.#model.ask({
      rows: page.orderBy(IN_ORDER).limit(limit),
      last: lastCounted(own),
      ties: this.#ties(own),
      others: this.#principalsOf(actor, issue, moment),
    });
    const views = await this.#views([...last, ...rows], moment.at);
    const items = views.slice(last.length);
    const holds = last[0] === undefined || last[0].change === 'withdrawn' ? null : views[0]!;
    return {
      sequence,
      current: holds,
      conditionsInForce: holds ? conditionsInForce(ties) : [],
      items,
      countedFor: others.map(({ principal }) => principal).filter((principal) => principal !== actor),
    };
  }

  /** The last assertion of each principal on an issue, by principal, after a principal. */
  onIssue(issue: string, moment: Moment, after: string, limit: number) {
    const series = this.#model.tables.selectFrom('series').selectAll().where('issue', '=', issue);
    return this.#lastOfEach(series.where('principal', '>', after), 'principal', moment, limit);
  }

  /** The last assertion of a principal on each issue, by issue, after an issue. */
  ofPrincipal(principal: string, moment: Moment, after: string, limit: number) {
    const series = this.#model.tables.selectFrom('series').selectAll().where('principal', '=', principal);
    return this.#lastOfEach(series.where('issue', '>', after), 'issue', moment, limit);
  }

  /**
   * The last assertion that counts of each of the principals on every issue, by principal and issue (a withdrawal, where it was
   * one), and how many assertions that count it has made on each.
   */
  async stands(principals: string[], moment: Moment) {
    const series = this.#model.tables
      .selectFrom('series')
      .selectAll()
      .where(sql<boolean>`principal = any(${principals}::text[])`);
    const { sequence, rows, statements } = await this.#model.ask({
      rows: this.#lastOf(series, moment).orderBy(sql`a.principal, a.issue`),
      statements: this.#statements(series, moment),
    });
    return { sequence, items: await this.#views(rows, moment.at), statements };
  }

  /** How many assertions that count there are in each series: kept as they come, and only of a day in the past counted. */
  #statements(series: Series, moment: Moment) {
    const { tables } = this.#model;
    const ofSeries = sql<boolean>`t.principal = s.principal and t.issue = s.issue`;
    const kept = tables.selectFrom('statements as t').select('t.count').where(ofSeries);
    const known = moment.knownAt === null ? kept : kept.where('t.known_from', '<=', moment.knownAt);
    const counted = tables
      .selectFrom(this.#assertions(moment).where('counted', '=', true).as('t'))
      .select(sql<number>`count(*)::integer`.as('count'))
      .where(ofSeries);
    const count = moment.at === null ? known.orderBy('t.known_from', 'desc').limit(1) : counted;
    return tables
      .selectFrom(series.as('s'))
      .innerJoinLateral(count.as('c'), (join) => join.onTrue())
      .select(['s.principal', 's.issue', 'c.count'])
      .where('c.count', '>', 0);
  }

  /** What changed a position, in date order after a place; what was reiterated changed nothing. */
  async changes(filter: ChangeFilter, knownAt: KnownAt, after: AssertionCursor | null, limit: number) {
    const moment = { at: filter.to ?? null, knownAt };
    let changes = this.#assertions(moment).where(sql<boolean>`${sql.raw(MOVED)}`);
    if (filter.from !== undefined) changes = changes.where('earliest', '>=', filter.from);
    if (after) changes = changes.where(isAfter(after));
    const wanted = { principal: filter.actors, issue: filter.issues };
    const page = firstOfEach(this.#model.tables, changes, wanted, IN_ORDER, limit);
    const { sequence, rows } = await this.#model.ask({ rows: page });
    return { sequence, items: await this.#views(rows, null) };
  }

  /** What was known then, and began by the day asked for; what several said together once for each principal. */
  #assertions(moment: Moment): Assertions {
    return this.#voices(moment).where('echo', '=', false);
  }

  /** The same, once for everybody who said it. */
  #voices({ at, knownAt }: Moment): Assertions {
    const known = this.#model.tables.selectFrom('assertion').selectAll().where(asKnown(knownAt));
    return at === null ? known : known.where('earliest', '<=', at);
  }

  /** Walks the index once for each series: all that was ever asserted in it is not looked at. */
  #lastOf(series: Series, moment: Moment) {
    const last = lastCounted(
      this.#assertions(moment)
        .where(sql<boolean>`principal = s.principal`)
        .where(sql<boolean>`issue = s.issue`),
    );
    const begun = moment.knownAt === null ? series : series.where('known_from', '<=', moment.knownAt);
    const each = this.#model.tables.selectFrom(begun.as('s')).innerJoinLateral(last.as('a'), (join) => join.onTrue());
    return each.selectAll('a') as unknown as Assertions;
  }

  /** A position that was withdrawn is shown with the withdrawal. */
  async #lastOfEach(series: Series, column: 'principal' | 'issue', moment: Moment, limit: number) {
    const page = this.#lastOf(series, moment)
      .orderBy(sql.ref(`s.${column}`))
      .limit(limit);
    const { sequence, rows } = await this.#model.ask({ rows: page });
    return { sequence, items: await this.#views(rows, moment.at) };
  }

  /** What the conditions in force at the end of a series depend on: nothing from before the position was last taken up. */
  #ties(own: Assertions) {
    const counted = own.where('counted', '=', true).where(sql<boolean>`${sql.raw(TIES)}`);
    const begun = lastCounted(counted.where('change', 'in', ['new', 'withdrawn', 'reversed']));
    return this.#model.tables
      .selectFrom(begun.as('b'))
      .innerJoin(counted.as('a'), (join) =>
        join.on(
          sql<boolean>`(a.earliest, a.latest, a.sequence, a.speaker) >= (b.earliest, b.latest, b.sequence, b.speaker)`,
        ),
      )
      .select(['a.counted', 'a.change'])
      .select(
        sql<{ added: string[]; dropped: string[] }>`
          json_build_object('added', a.conditions_added, 'dropped', a.conditions_dropped)`.as('conditions'),
      )
      .orderBy(sql`a.earliest, a.latest, a.sequence, a.speaker`);
  }

  /** Whom a voice counts for on an issue, from one to the next: there are few, however often it spoke. */
  #principalsOf(voice: string, issue: string, moment: Moment) {
    const next = this.#voices(moment)
      .clearSelect()
      .select('principal')
      .where('voice', '=', voice)
      .where('issue', '=', issue)
      .orderBy('principal')
      .limit(1);
    return this.#model.tables
      .withRecursive('other(principal)', (db) =>
        db
          .selectFrom(next.as('first'))
          .select('first.principal')
          .unionAll(
            db
              .selectFrom('other')
              .where('other.principal', 'is not', null)
              .select(
                next
                  .where(sql<boolean>`principal > other.principal`)
                  .$asScalar()
                  .as('principal'),
              ),
          ),
      )
      .selectFrom('other')
      .select('other.principal')
      .where('other.principal', 'is not', null);
  }

  /** The assertions with what was said in each, as it was known then. */
  async #views(rows: AssertionRow[], at: string | null): Promise<AssertionView[]> {
    const facts = await readFacts(this.#model.log, rows);
    return rows.map((row, n) => viewOf(row, facts[n]!, at));
  }
}

type Assertions = SelectQueryBuilder<DatabaseOf<PositionTables>, 'assertion', AssertionRow>;
type Series = SelectQueryBuilder<DatabaseOf<PositionTables>, 'series', StoredRow<PositionTables['series']>>;

const IN_ORDER = sql`earliest, latest, sequence, speaker`;

function isAfter({ earliest, latest, sequence, speaker }: AssertionCursor) {
  return sql<boolean>`(${IN_ORDER}) > (${earliest}::date, ${latest}::date, ${sequence}::bigint, ${speaker})`;
}

function lastCounted(assertions: Assertions): Assertions {
  return assertions
    .where('counted', '=', true)
    .orderBy(sql`earliest desc, latest desc, sequence desc, speaker desc`)
    .limit(1);
}

function viewOf(row: AssertionRow, fact: Fact, at: string | null): AssertionView {
  return {
    principal: row.principal,
    issue: row.issue,
    change: row.change,
    direction: row.direction,
    delta: row.delta,
    position: row.position,
    firmness: row.firmness,
    conditions: { added: row.conditions_added, dropped: row.conditions_dropped },
    claimedReiteration: fact.stance?.claimedReiteration ?? false,
    counted: row.counted,
    modality: fact.modality ?? 'asserted',
    renewed: row.renewed,
    possible: isOnlyPossible(intervalOf(row), { at }),
    occurred: parseOccurred(fact.occurred),
    recorded: fact.recorded,
    speaker: row.speaker,
    onBehalfOf: row.on_behalf_of,
    event: row.event,
    sequence: row.sequence,
    type: fact.type,
    summary: (fact.data['summary'] as string | undefined) ?? null,
    quote: (fact.data['quote'] as string | undefined) ?? null,
    source: fact.source ?? null,
    attribution: fact.attribution ?? null,
    grade: fact.grade ?? null,
    previous: row.previous,
  };
}
