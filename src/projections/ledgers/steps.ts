// What each type of fact says about the things in the ledgers: which it opens, and which it takes a step further.
import { dyadOf } from '../../domain/dyad.ts';
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import { negotiationOf, negotiationStatus } from '../../domain/negotiation.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import { affiliationHandlers } from '../affiliations.ts';
import type { Contribution, Handlers } from '../projection.ts';
import { dayBounds, type Row } from '../table.ts';
import type { Ledger, LedgerTables } from './tables.ts';

type Steps = Contribution<LedgerTables>;

export const ledgerHandlers: Handlers<LedgerTables> = {
  ...affiliationHandlers,
  DemandStated: (fact) => opens('demand', fact, 'open'),
  DemandWithdrawn: (fact) => continues([fact.data.demand], fact, 'withdrawn'),
  DemandAnswered: (fact) => answers('demand', fact.data.demands, fact),
  PositionStated: (fact) => continues(fact.data.answers?.demands ?? [], fact, fact.data.answers?.answer ?? null),
  ProposalTabled: (fact) => opens('proposal', fact, 'open'),
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
  EncounterAnnounced: (fact) => opens('encounter', fact, fact.modality === 'negated' ? 'ruled_out' : 'planned'),
  EncounterCancelled: (fact) => continues([fact.data.encounter], fact, 'cancelled'),
  AttendanceDeclared: (fact) => continues(listOf(fact.data.encounter), fact, null),
  CallHeld: (fact) => takesPlace(fact, fact.data.announced),
  MeetingHeld: (fact) => takesPlace(fact, fact.data.announced),
};

function opens(ledger: Ledger, fact: Fact, status: string): Steps {
  return { step: [stepOf(fact, fact.id, ledger, status)] };
}

function continues(things: string[], fact: Fact, status: string | null): Steps {
  return { step: things.map((thing) => stepOf(fact, thing, null, status)) };
}

/** An answer in words, where nothing is recorded that it answers, stands for the question as well. */
function answers(ledger: Ledger, asked: string[] | undefined, fact: Fact & { data: { answer: string } }): Steps {
  return asked === undefined ? opens(ledger, fact, fact.data.answer) : continues(asked, fact, fact.data.answer);
}

function negotiates(fact: Fact): Steps {
  const thing = negotiationOf(fact);
  return { step: [stepOf(fact, thing, fact.id === thing ? 'negotiation' : null, negotiationStatus(fact))] };
}

function takesPlace(fact: Fact, announced: string | undefined): Steps {
  if (announced !== undefined) return continues([announced], fact, 'held');
  return opens('encounter', fact, countsAsFact(fact) ? 'held' : fact.modality === 'negated' ? 'ruled_out' : 'planned');
}

function stepOf(fact: Fact, thing: string, ledger: Ledger | null, status: string | null): Row<LedgerTables['step']> {
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
