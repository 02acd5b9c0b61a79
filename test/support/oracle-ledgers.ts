// What became of demands, proposals, commitments, negotiations and encounters, from the facts alone.
import { eventTypeOf } from '../../src/domain/vocabulary.ts';
import { begun, byDate, counts, gist, type KnownFacts, type PlainFact } from './oracle-facts.ts';

export type LedgerName = 'demands' | 'proposals' | 'commitments' | 'negotiations' | 'encounters';

export interface LedgerFilter {
  status?: string[];
  actor?: string;
  blocking?: boolean;
}

/** One fact as it bears on a thing, which has the id of the event that opened it. */
interface Step {
  thing: string;
  status: string | null;
}

interface Told extends Step {
  fact: PlainFact;
}

type Bearing = (fact: PlainFact) => Step[];

/** What is an opinion, a negation or the like confirms nothing; a plan is enough where what it opens is one. */
const opened =
  (status: string, planned = false): Bearing =>
  (fact) => [{ thing: fact.id, status: counts(fact) || (planned && isPlan(fact)) ? status : 'unconfirmed' }];
const isPlan = ({ modality }: PlainFact) => modality === 'planned' || modality === 'conditional';

const announced: Bearing = (fact) =>
  fact.modality === 'negated' ? [{ thing: fact.id, status: 'ruled_out' }] : opened('planned', true)(fact);
const steps = (things: string[] | undefined, status: string | null) =>
  (things ?? []).map((thing) => ({ thing, status }));
const among = (thing: string | undefined) => (thing === undefined ? [] : [thing]);

const held: Bearing = (fact) => {
  const { announced: before } = fact.data;
  if (before !== undefined) return steps([before], counts(fact) ? 'held' : null);
  return counts(fact) ? [{ thing: fact.id, status: 'held' }] : announced(fact);
};

const negotiated =
  (status: string): Bearing =>
  (fact) => {
    const thing = fact.stream.replace(/^negotiation-/, '');
    const becomes = fact.data.stage === 'agreed_to_open' ? 'agreed_to_open' : status;
    return thing === fact.id ? opened(becomes, fact.type === 'NegotiationProposed')(fact) : steps([thing], becomes);
  };

function answering(fact: PlainFact, asked: string[] | undefined): Step[] {
  return asked === undefined ? opened(fact.data.answer)(fact) : steps(asked, fact.data.answer);
}

const BEARINGS: Record<LedgerName, Record<string, Bearing>> = {
  demands: {
    DemandStated: opened('open'),
    DemandAnswered: (fact) => answering(fact, fact.data.demands),
    PositionStated: ({ data }) => steps(data.answers?.demands, data.answers?.answer),
    DemandWithdrawn: ({ data }) => steps([data.demand], 'withdrawn'),
  },
  proposals: {
    ProposalTabled: opened('open', true),
    ProposalAnswered: (fact) => answering(fact, fact.data.proposals),
    DemandAnswered: ({ data }) => steps(data.demands, data.answer),
  },
  commitments: {
    CommitmentMade: opened('promised'),
    CommitmentUpdated: ({ data }) => steps([data.commitment], data.status),
    AidChanged: ({ data }) => steps(among(data.commitment), null),
  },
  negotiations: {
    NegotiationProposed: negotiated('proposed'),
    NegotiationOpened: negotiated('open'),
    NegotiationSuspended: negotiated('suspended'),
    NegotiationResumed: negotiated('open'),
    NegotiationAbandoned: negotiated('abandoned'),
    NegotiationConcluded: negotiated('concluded'),
    AgreementReached: negotiated('agreed'),
  },
  encounters: {
    EncounterAnnounced: announced,
    EncounterCancelled: ({ data }) => steps([data.encounter], 'cancelled'),
    AttendanceDeclared: ({ data }) => steps(among(data.encounter), null),
    CallHeld: held,
    MeetingHeld: held,
  },
};

/** Whatever is told later. */
const FINAL = ['held', 'withdrawn', 'concluded'];

/** The things of a ledger as they stood on a day, those opened first coming first. */
export function ledgerOf(known: KnownFacts, ledger: LedgerName, at: string | null, filter: LedgerFilter = {}) {
  const told = known.all.flatMap((fact) => {
    const bearing = BEARINGS[ledger][fact.type];
    return bearing ? bearing(fact).map((step): Told => ({ ...step, fact })) : [];
  });
  const openings = told.filter(({ thing, fact }) => thing === fact.id).toSorted((a, b) => byDate(a.fact, b.fact));
  return openings
    .filter(({ fact, status }) => status === 'planned' || begun([fact], at).length > 0)
    .map((opening) => {
      const later = told.filter((step) => step.thing === opening.thing && step.fact !== opening.fact);
      return { opening, item: itemOf(known, ledger, opening, later, at) };
    })
    .filter(({ opening, item }) => isSought(known, opening.fact, item, filter))
    .map(({ item }) => item);
}

function itemOf(known: KnownFacts, ledger: LedgerName, opening: Told, later: Told[], at: string | null) {
  const told = later.filter(({ fact }) => begun([fact], at).length > 0).toSorted((a, b) => byDate(a.fact, b.fact));
  const changing = told.filter(({ status, fact }) => status !== null && counts(fact));
  let last = opening;
  for (const step of changing) if (!FINAL.includes(last.status!)) last = step;
  const history = [opening, ...told].toSorted((a, b) => byDate(a.fact, b.fact));
  const item = {
    id: opening.thing,
    status: last.status,
    since: last.fact.id,
    principals: known.principals(actingIn(opening.fact), opening.fact),
    opening: gist(opening.fact),
    history: history.map((step) => ({
      status: step === opening || changing.includes(step) ? step.status : null,
      principals: known.principals(actingIn(step.fact), step.fact),
      fact: gist(step.fact),
    })),
  };
  const facts = told.map(({ fact }) => fact);
  if (ledger === 'demands')
    return {
      ...item,
      blocking: isBlocking(opening.fact, last.status!),
      unanswered: unansweredBy(known, opening, facts),
    };
  if (ledger === 'proposals') return { ...item, unanswered: unansweredBy(known, opening, facts) };
  if (ledger === 'commitments') return { ...item, delivery: facts.filter(isOf('AidChanged')).map(deliveryOf) };
  if (ledger === 'encounters')
    return { ...item, attendance: facts.filter(isOf('AttendanceDeclared')).map(attendanceOf) };
  return item;
}

/** A precondition that counts and is not met. */
function isBlocking(opening: PlainFact, status: string): boolean {
  return opening.data.kind === 'precondition' && counts(opening) && ['open', 'refused', 'partly_met'].includes(status);
}

/** The addressees that have not answered, neither themselves nor through whoever counts for the same. */
function unansweredBy(known: KnownFacts, { fact: opening, status }: Told, steps: PlainFact[]): string[] {
  // Neither an answer in words nor what is only an opinion waits for one.
  if (status !== 'open') return [];
  const answers = steps.filter((fact) => fact.type !== 'DemandWithdrawn' && counts(fact));
  const heard = answers.flatMap((fact) => actingIn(fact).flatMap((actor) => known.names(actor, fact)));
  const addressees: string[] = opening.data.addressees ?? [];
  return addressees.filter((actor) => !known.names(actor, opening).some((name) => heard.includes(name)));
}

function deliveryOf(fact: PlainFact) {
  const { id, occurred, data } = fact;
  const { stage, direction, kind, amount, currency, ratio, period } = data;
  const given = { stage, direction, kind, amount, currency, ratio, period };
  const known = Object.entries(given).map(([field, value]) => [field, value ?? null]);
  return { event: id, occurred, ...Object.fromEntries(known), counted: counts(fact) };
}

function attendanceOf({ id, data: { actor, decision, statedReason } }: PlainFact) {
  return { event: id, actor, decision, statedReason: statedReason ?? null };
}

/** Those whom a fact comes from. */
function actingIn(fact: PlainFact): string[] {
  return eventTypeOf(fact).dyad?.(fact.data).from ?? [];
}

function isSought(
  known: KnownFacts,
  opening: PlainFact,
  item: { status: string | null; blocking?: boolean },
  { status, actor, blocking }: LedgerFilter,
): boolean {
  const { from, to } = eventTypeOf(opening).dyad!(opening.data);
  return (
    (status === undefined || status.includes(item.status!)) &&
    (actor === undefined || [...from, ...to].some((one) => known.names(one, opening).includes(actor))) &&
    (blocking === undefined || item.blocking === blocking)
  );
}

/** What is known of aid, whatever was promised. */
export function aidOf(
  known: KnownFacts,
  at: string | null,
  { donor, recipient }: { donor?: string; recipient?: string },
) {
  return begun(known.of('AidChanged'), at)
    .filter(({ data }) => donor === undefined || data.donor === donor)
    .filter(({ data }) => recipient === undefined || data.recipient === recipient)
    .toSorted(byDate)
    .map((fact) => ({
      donor: fact.data.donor,
      recipient: fact.data.recipient,
      ...deliveryOf(fact),
      commitment: fact.data.commitment ?? null,
      fact: gist(fact),
    }));
}

function isOf(type: string) {
  return (fact: PlainFact) => fact.type === type;
}
