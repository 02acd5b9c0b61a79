// Answers about the ledgers: how each demand, proposal, commitment, negotiation and encounter stands, and how it came to that.
import { sql, type SelectQueryBuilder } from 'kysely';
import { ANSWERS } from '../../domain/answer.ts';
import type { Ledger, Status } from '../../domain/ledger.ts';
import type { Fact } from '../../domain/fact.ts';
import type { Moment } from '../moment.ts';
import { firstOfEach } from '../first-of-each.ts';
import { BY_DATE, isAfter, type Place } from '../place.ts';
import type { DatabaseOf } from '../projection.ts';
import { readFacts } from '../read-facts.ts';
import { asKnown, ReadModel, type Asked } from '../read-model.ts';
import { ANYBODY, type StoredRow } from '../table.ts';
import { ledgers } from './ledgers.ts';
import { type LedgerTables, type Parties, type Party } from './tables.ts';

/** What things are sought; all that is given must hold. */
export interface LedgerFilter {
  /** One of these statuses. */
  statuses?: string[] | undefined;
  /** Who opened it or whom it is directed at, as named or as counted. */
  actor?: string | undefined;
  blocking?: boolean | undefined;
}

/** A step of a thing: the status that it set, if it set one, and for whom those who took it count. */
interface LedgerStep {
  status: Status | null;
  principals: string[];
  fact: Fact;
}

export interface Thing {
  id: string;
  ledger: Ledger;
  status: Status;
  /** The event that set the status. */
  since: string;
  blocking: boolean;
  principals: string[];
  opening: Fact;
  /** The opening and all later steps, by date. */
  history: LedgerStep[];
  /** Whom it is directed at, who has not answered. */
  unanswered: string[];
  place: Place;
}

type Listing = StoredRow<LedgerTables['listing']>;
type StepRow = StoredRow<LedgerTables['step']>;
type Listings = SelectQueryBuilder<DatabaseOf<LedgerTables>, 'listing', Listing>;

export class Ledgers {
  readonly #model: ReadModel<LedgerTables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, ledgers);
  }

  /** The things of a ledger by the date of their opening, after a place. */
  list(
    ledger: Ledger,
    { statuses, actor = ANYBODY, blocking }: LedgerFilter,
    moment: Moment,
    after: Place | null,
    limit: number,
  ) {
    let listed = this.#listed(ledger, moment).where('name', '=', actor);
    // Written out, because an index is only taken for a condition that is known when the query is planned.
    if (blocking !== undefined) listed = listed.where(blocking ? sql<boolean>`blocking` : sql<boolean>`not blocking`);
    if (after) listed = listed.where(isAfter(after));
    return this.#views(firstOfEach(this.#model.tables, listed, { status: statuses }, sql.raw(BY_DATE), limit), moment);
  }

  async find(ledger: Ledger, id: string, moment: Moment): Promise<{ sequence: number; item: Thing | null }> {
    const listed = this.#listed(ledger, moment).where('name', '=', ANYBODY).where('event', '=', id);
    const { sequence, items } = await this.#views(listed, moment);
    return { sequence, item: items[0] ?? null };
  }

  /** The changes of aid by date, after a place; of one donor, or to one recipient, where they are given. */
  async aid(
    { donor, recipient }: { donor?: string | undefined; recipient?: string | undefined },
    { at, knownAt }: Moment,
    after: Place | null,
    limit: number,
  ) {
    let query = this.#model.tables
      .selectFrom('aid')
      .selectAll()
      .where(asKnown(knownAt))
      .orderBy(sql.raw(BY_DATE))
      .limit(limit);
    if (donor !== undefined) query = query.where('donor', '=', donor);
    if (recipient !== undefined) query = query.where('recipient', '=', recipient);
    if (at !== null) query = query.where('earliest', '<=', at);
    if (after) query = query.where(isAfter(after));
    const { sequence, rows } = await this.#model.ask({ rows: query });
    return { sequence, items: await readFacts(this.#model.log, rows) };
  }

  /** What was known then, in the status that it had on the day. */
  #listed(ledger: Ledger, { at, knownAt }: Moment): Listings {
    const known = this.#model.tables
      .selectFrom('listing')
      .selectAll()
      .where(asKnown(knownAt))
      .where('ledger', '=', ledger);
    return at === null ? known.where('ends', '=', 'infinity') : known.where('begins', '<=', at).where('ends', '>', at);
  }

  async #views(page: Listings, { at, knownAt }: Moment): Promise<{ sequence: number; items: Thing[] }> {
    const { tables } = this.#model;
    const ids = tables.selectFrom(page.as('page')).select('page.event');
    let told = tables
      .selectFrom('step')
      .selectAll()
      .where(asKnown(knownAt))
      .where('thing', 'in', ids)
      .orderBy(sql.raw(BY_DATE));
    if (at !== null) told = told.where(sql<boolean>`(earliest <= ${at}::date or ledger is not null)`);
    const { sequence, listed, things, steps } = await this.#model.ask({
      listed: page,
      things: tables.selectFrom('thing').selectAll().where(asKnown(knownAt)).where('event', 'in', ids),
      steps: told,
    });
    const facts = await readFacts(this.#model.log, steps);
    const factOf = new Map(steps.map((step, n) => [step, facts[n]!]));
    const stepsOf = Map.groupBy(steps, ({ thing }) => thing);
    const partiesOf = new Map(things.map(({ event, parties }) => [event, parties]));
    const items = listed.map((listing) =>
      viewOf(listing, partiesOf.get(listing.event)!, stepsOf.get(listing.event)!, factOf),
    );
    return { sequence, items };
  }
}

function viewOf(thing: Listing, all: Parties[], steps: StepRow[], factOf: Map<StepRow, Fact>): Thing {
  const partiesOf = new Map(all.map((parties) => [parties.sequence, parties]));
  const history = steps.map((step) => ({
    status: step.counted || step.ledger !== null ? step.status : null,
    principals: principalsOf(partiesOf.get(step.sequence)!.from),
    fact: factOf.get(step)!,
  }));
  const opening = history.find(({ fact }) => fact.id === thing.event)!;
  const answers = steps.filter(({ counted, ledger, status }) => counted && ledger === null && isAnswer(status));
  const heard = new Set(answers.flatMap(({ sequence }) => partiesOf.get(sequence)!.from.flatMap(namesOf)));
  const { earliest, latest, sequence } = thing;
  // An answer in words, to what nobody recorded, waits for none.
  const addressed = opening.status === 'open' ? partiesOf.get(sequence)!.to : [];
  return {
    id: thing.event,
    ledger: thing.ledger,
    status: thing.status,
    since: thing.since,
    blocking: thing.blocking,
    principals: opening.principals,
    opening: opening.fact,
    history,
    unanswered: addressed.filter((party) => !namesOf(party).some((name) => heard.has(name))).map(({ actor }) => actor),
    place: { earliest, latest, sequence },
  };
}

function principalsOf(parties: Party[]): string[] {
  return [...new Set(parties.map(({ principal }) => principal))].toSorted();
}

function isAnswer(status: string | null): boolean {
  return (ANSWERS as readonly (string | null)[]).includes(status);
}

function namesOf({ actor, principal }: Party): string[] {
  return [actor, principal];
}
