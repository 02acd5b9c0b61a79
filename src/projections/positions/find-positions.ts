// Answers about positions: one series, who stands where on an issue, where one actor stands on all.
import { sql, type SelectQueryBuilder } from 'kysely';
import { parseOccurred, type Occurred } from '../../domain/occurred.ts';
import { conditionsInForce, type Change, type Classing } from '../../domain/series.ts';
import type { Firmness } from '../../domain/stance.ts';
import type { LogStore } from '../../events/log-database.ts';
import type { Moment } from '../moment.ts';
import type { DatabaseOf } from '../projection.ts';
import { asKnown, ReadModel } from '../read-model.ts';
import { intervalOf, type StoredRow } from '../table.ts';
import type { AssertionRow } from './assertion-row.ts';
import { positions } from './positions.ts';
import { VOICE, type PositionTables } from './tables.ts';
import type { UtteranceEvidence } from './utterance.ts';

/** One assertion of a series, as answers show it. */
interface AssertionView extends Omit<UtteranceEvidence, 'recorded' | 'modality'> {
  change: Change | null;
  direction: Classing['direction'];
  delta: number | null;
  previous: string | null;
  renewed: boolean;
  position: number | null;
  firmness: Firmness | null;
  conditions: { added: string[]; dropped: string[] };
  claimedReiteration: boolean;
  counted: boolean;
  modality: UtteranceEvidence['modality'];
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
}

export class Positions {
  readonly #model: ReadModel<PositionTables>;

  constructor(log: LogStore) {
    this.#model = new ReadModel(log, positions);
  }

  /**
   * The whole classed series of a principal on an issue up to the day asked for, the assertion that holds then, the conditions
   * it is tied to, and whom the actor's own words on the issue count for where that is somebody else.
   */
  async series(actor: string, issue: string, moment: Moment) {
    const onIssue = this.#assertions(moment).where('issue', '=', issue);
    const { sequence, rows, others } = await this.#model.ask({
      rows: this.#shown(onIssue.where('principal', '=', actor), moment),
      others: onIssue
        .where(VOICE, '=', actor)
        .where('principal', '<>', actor)
        .clearSelect()
        .select('principal')
        .distinct(),
    });
    const series = rows.map((row) => viewOf(row, moment.at));
    const last = series.findLast(({ counted }) => counted);
    const current = last === undefined || last.change === 'withdrawn' ? null : last;
    const countedFor = others.map(({ principal }) => principal);
    return { sequence, current, conditionsInForce: current ? conditionsInForce(series) : [], series, countedFor };
  }

  /** The last assertion of each principal on an issue, by principal, after a principal. */
  onIssue(issue: string, moment: Moment, after: string, limit: number) {
    const held = this.#assertions(moment).where('issue', '=', issue).where('principal', '>', after);
    return this.#views(lastOfEach(held, 'principal').limit(limit), moment);
  }

  /** The last assertion of a principal on each issue, by issue, after an issue. */
  ofPrincipal(principal: string, moment: Moment, after: string, limit: number) {
    const held = this.#assertions(moment).where('principal', '=', principal).where('issue', '>', after);
    return this.#views(lastOfEach(held, 'issue').limit(limit), moment);
  }

  /** What was known then, and began by the day asked for. */
  #assertions({ at, knownAt }: Moment): Assertions {
    const known = this.#model.tables.selectFrom('assertion').selectAll().where(asKnown(knownAt));
    return at === null ? known : known.where('earliest', '<=', at);
  }

  async #views(assertions: Assertions, moment: Moment) {
    const { sequence, rows } = await this.#model.ask({ rows: this.#shown(assertions, moment) });
    return { sequence, items: rows.map((row) => viewOf(row, moment.at)) };
  }

  /** The assertions with what was said, as it was known then. */
  #shown(assertions: Assertions, { knownAt }: Moment) {
    return this.#model.tables
      .selectFrom(assertions.as('a'))
      .innerJoin('utterance as u', (join) =>
        join.onRef('u.sequence', '=', 'a.sequence').onRef('u.speaker', '=', 'a.speaker').on(asKnown(knownAt, 'u')),
      )
      .selectAll('a')
      .select(['u.occurred', 'u.claimed_reiteration', 'u.evidence'])
      .orderBy('a.principal')
      .orderBy('a.issue')
      .orderBy('a.earliest')
      .orderBy('a.latest')
      .orderBy('a.sequence');
  }
}

type Assertions = SelectQueryBuilder<DatabaseOf<PositionTables>, 'assertion', AssertionRow>;
type ShownRow = AssertionRow &
  Pick<StoredRow<PositionTables['utterance']>, 'occurred' | 'claimed_reiteration' | 'evidence'>;

/** A position that was withdrawn is shown with the withdrawal. */
function lastOfEach(assertions: Assertions, column: 'principal' | 'issue'): Assertions {
  return assertions
    .where('counted', '=', true)
    .distinctOn(column)
    .orderBy(column)
    .orderBy(sql`earliest desc, latest desc, sequence desc`);
}

function viewOf(row: ShownRow, at: string | null): AssertionView {
  const { recorded, modality, ...evidence } = row.evidence;
  const { latest } = intervalOf(row);
  return {
    principal: row.principal,
    issue: row.issue,
    change: row.change,
    direction: row.direction,
    delta: row.delta,
    position: row.position,
    firmness: row.firmness,
    conditions: { added: row.conditions_added, dropped: row.conditions_dropped },
    claimedReiteration: row.claimed_reiteration,
    counted: row.counted,
    modality,
    renewed: row.renewed,
    possible: at !== null && (latest === null || latest > at),
    occurred: parseOccurred(row.occurred),
    recorded,
    speaker: row.speaker,
    onBehalfOf: row.on_behalf_of,
    event: row.event,
    sequence: row.sequence,
    ...evidence,
    previous: row.previous,
  };
}
