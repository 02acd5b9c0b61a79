// What each type of fact says about the things in the ledgers: which it opens, and which it takes a step further.
import { dyadOf } from '../../domain/dyad.ts';
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import type { Ledger, Status, StatusOf } from '../../domain/ledger.ts';
import { negotiationOf, negotiationStatus } from '../../domain/negotiation.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import { affiliationHandlers } from '../affiliations.ts';
import type { Contribution, Handlers } from '../projection.ts';
import { dayBounds, type Row } from '../table.ts';
import type { LedgerTables } from './tables.ts';

type Steps = Contribution<LedgerTables>;

export const ledgerHandlers: Handlers<LedgerTables> = {
  ...affiliationHandlers,
  DemandStated: (fact) => opens('demand', fact, 'open'),
  DemandWithdrawn: (fact) => continues([fact.data.demand], fact, 'withdrawn'),
  DemandAnswered: (fact) => answers('demand', fact.data.demands, fact),
  PositionStated: (fact) => continues(fact.data.answers?.demands ?? [], fact, fact.data.answers?.answer ?? null),
  ProposalTabled: (fact) => opens('proposal', fact, 'open', { plans: true }),
  ProposalAnswered: (fact) => answers('proposal', fact.data.proposals, fact),
  CommitmentMade: (fact) => opens('commitment', fact, 'promised'),
  CommitmentUpdated: (fact) => continues([fact.data.commitment], fact, fact.data.status),
  AidChanged: (fact) => ({ ...continues(listOf(fact.data.commitment), fact, null), aid: [aidOf(fact)] }),
  NegotiationProposed: negotiates,
  NegotiationOpened: negotiates,
  NegotiationSuspended: negotiates,
  NegotiationResumed: negotiates,
  NegotiationAbandoned: negotiates,
  NegotiationConcluded: negotiates,
  AgreementReached: negotiates,
  EncounterAnnounced: announces,
  EncounterCancelled: (fact) => continues([fact.data.encounter], fact, 'cancelled'),
  AttendanceDeclared: (fact) => continues(listOf(fact.data.encounter), fact, null),
  CallHeld: (fact) => takesPlace(fact, fact.data.announced),
  MeetingHeld: (fact) => takesPlace(fact, fact.data.announced),
};

/** What opens a thing says how it stands only where it counts; a plan says so where `plans` is set, of what is still to come. */
function opens<L extends Ledger>(ledger: L, fact: Fact, status: StatusOf<L>, { plans = false } = {}): Steps {
  const says = countsAsFact(fact) || (plans && isPlan(fact));
  return { step: [stepRow(fact, fact.id, ledger, says ? status : 'unconfirmed')] };
}

function continues(things: string[], fact: Fact, status: Status | null): Steps {
  return { step: things.map((thing) => stepRow(fact, thing, null, status)) };
}

/** An answer in words, where nothing is recorded that it answers, stands for the question as well. */
function answers(
  ledger: 'demand' | 'proposal',
  asked: string[] | undefined,
  fact: Fact & { data: { answer: StatusOf<'proposal'> } },
): Steps {
  return asked === undefined ? opens(ledger, fact, fact.data.answer) : continues(asked, fact, fact.data.answer);
}

function negotiates(fact: Fact): Steps {
  const thing = negotiationOf(fact);
  const status = negotiationStatus(fact);
  if (fact.id === thing) return opens('negotiation', fact, status, { plans: fact.type === 'NegotiationProposed' });
  return continues([thing], fact, status);
}

function announces(fact: Fact): Steps {
  return fact.modality === 'negated'
    ? { step: [stepRow(fact, fact.id, 'encounter', 'ruled_out')] }
    : opens('encounter', fact, 'planned', { plans: true });
}

function takesPlace(fact: Fact, announced: string | undefined): Steps {
  if (announced !== undefined) return continues([announced], fact, 'held');
  return countsAsFact(fact) ? opens('encounter', fact, 'held') : announces(fact);
}

function isPlan({ modality }: Fact): boolean {
  return modality === 'planned' || modality === 'conditional';
}

function stepRow(fact: Fact, thing: string, ledger: Ledger | null, status: Status | null): Row<LedgerTables['step']> {
  const counted = countsAsFact(fact);
  return {
    thing,
    ledger,
    status,
    counted,
    precondition: counted && ledger === 'demand' && fact.data['kind'] === 'precondition',
    ...dayBounds(parseOccurred(fact.occurred)),
    ...dyadOf(fact),
    corrections: fact.corrections,
  };
}

function aidOf(fact: Fact & { data: { donor: string; recipient: string } }): Row<LedgerTables['aid']> {
  const { donor, recipient } = fact.data;
  return { donor, recipient, ...dayBounds(parseOccurred(fact.occurred)), corrections: fact.corrections };
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
