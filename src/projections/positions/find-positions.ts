// Answers about positions: one series, who stands where on an issue, where one actor stands on all.
import { sql, type SelectQueryBuilder } from 'kysely';
import type { Change, Classing } from '../../domain/series.ts';
import type { Firmness } from '../../domain/stance.ts';
import type { LogStore } from '../../events/log-database.ts';
import type { Moment } from '../moment.ts';
import type { DatabaseOf } from '../projection.ts';
import { asKnown, ReadModel } from '../read-model.ts';
import { intervalOf } from '../table.ts';
import type { AssertionEvidence, AssertionRow } from './assertion-row.ts';
import { positions } from './positions.ts';
import type { PositionTables } from './tables.ts';

/** One assertion of a series, as answers show it. */
interface AssertionView extends Omit<AssertionEvidence, 'recorded' | 'modality'> {
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
  modality: AssertionEvidence['modality'];
  /** Its latest day is still to come on the day asked for. */
  possible: boolean;
  occurred: string;
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

  /** The whole classed series of a principal on an issue up to the day asked for, and the assertion that holds then. */
  async series(principal: string, issue: string, moment: Moment) {
    const { sequence, rows } = await this.#model.ask({
      rows: this.#assertions(moment)
        .where('principal', '=', principal)
        .where('issue', '=', issue)
        .orderBy('earliest')
        .orderBy('latest')
        .orderBy('sequence'),
    });
    const series = rows.map((row) => viewOf(row, moment.at));
    const last = series.findLast(({ counted }) => counted);
    return { sequence, series, current: last === undefined || last.change === 'withdrawn' ? null : last };
  }

  /** The position that each principal holds on an issue, by principal, after a principal. */
  async onIssue(issue: string, moment: Moment, after: string, limit: number) {
    const held = this.#assertions(moment)
      .where('issue', '=', issue)
      .where('counted', '=', true)
      .where('principal', '>', after)
      .distinctOn('principal')
      .orderBy('principal')
      .orderBy(sql`earliest desc, latest desc, sequence desc`);
    return this.#held(held.limit(limit), moment);
  }

  /** The position that a principal holds on each issue, by issue, after an issue. */
  async ofPrincipal(principal: string, moment: Moment, after: string, limit: number) {
    const held = this.#assertions(moment)
      .where('principal', '=', principal)
      .where('counted', '=', true)
      .where('issue', '>', after)
      .distinctOn('issue')
      .orderBy('issue')
      .orderBy(sql`earliest desc, latest desc, sequence desc`);
    return this.#held(held.limit(limit), moment);
  }

  /** What was known then, and began by the day asked for. */
  #assertions({ at, knownAt }: Moment): Assertions {
    const known = this.#model.tables.selectFrom('assertion').selectAll().where(asKnown(knownAt));
    return at === null ? known : known.where('earliest', '<=', at);
  }

  /** A principal that has withdrawn its position holds none, and is shown with the withdrawal. */
  async #held(held: Assertions, moment: Moment) {
    const { sequence, rows } = await this.#model.ask({ rows: held });
    return { sequence, items: rows.map((row) => viewOf(row, moment.at)) };
  }
}

type Assertions = SelectQueryBuilder<DatabaseOf<PositionTables>, 'assertion', AssertionRow>;

function viewOf(row: AssertionRow, at: string | null): AssertionView {
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
    occurred: row.occurred,
    recorded,
    speaker: row.speaker,
    onBehalfOf: row.on_behalf_of,
    event: row.event,
    sequence: row.sequence,
    ...evidence,
    previous: row.previous,
  };
}
