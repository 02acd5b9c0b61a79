// From a fact to events as Demarche takes them: the fact with the code that ICEWS gave it, and its further reports.
import { ACTORS } from './cast.ts';
import type { IcewsFact } from './facts-of-rows.ts';
import { idOf } from './id-of.ts';

const SOURCE = { publisher: 'ICEWS', title: 'Coded event data of the Integrated Crisis Early Warning System' };

const FORCES: Record<string, string> = { appeal: 'appeal', demand: 'demand', ultimatum: 'ultimatum' };

const PROMISES: Record<string, string> = {
  '0331': 'economic_aid',
  '0332': 'military_aid',
  '0333': 'humanitarian_aid',
};

const SENTIMENTS: Record<string, number> = {
  praise: 2,
  defence: 1,
  rally_support: 1,
  apology: 1,
  forgiveness: 1,
  formal_complaint: -1,
  condemnation: -2,
  accusation: -2,
  rally_opposition: -2,
};

const THREATS: Record<string, string> = {
  '138': 'military',
  '1312': 'sanctions',
  '1313': 'relations',
  '1311': 'aid',
  '134': 'negotiations',
  '135': 'negotiations',
};

const RELATIONS: Record<string, string> = { recognition: 'recognised', relations: 'reduced', expulsion: 'expelled' };

const CONTEXTS: Record<string, string> = {
  fighting: 'military',
  force_posture: 'military',
  assault: 'military',
  mass_violence: 'military',
  diplomatic: 'cooperation',
  material: 'cooperation',
};

const AID = ['military', 'economic', 'humanitarian'];

interface IcewsEvent {
  id: string;
  type: string;
  occurred: string;
  data: Record<string, unknown>;
  source: typeof SOURCE;
  coding?: { cameo: string; codedBy: string };
}

export function eventsOfFact(fact: IcewsFact): IcewsEvent[] {
  const { key, date: occurred, relation, mentions } = fact;
  const id = idOf(key);
  const coding = { cameo: relation.cameo, codedBy: 'ICEWS' };
  const event = { id, type: relation.type, occurred, data: dataOf(fact), source: SOURCE, coding };
  if (mentions === 1) return [event];
  const reports = {
    id: idOf(`${key} reports`),
    type: 'EventCorroborated',
    occurred,
    data: { event: id, reports: mentions - 1 },
    source: SOURCE,
  };
  return [event, reports];
}

/** The data of the fact's type: what the relation says, and in words what the file does not tell more exactly. */
function dataOf(fact: IcewsFact): Record<string, unknown> {
  const { from, to, mutual, relation } = fact;
  const { type, subtype, cameo, words } = relation;
  const summary = summaryOf(fact);
  const said = { speaker: from, addressees: [to], summary };
  const acted = { actor: from, targets: [to], summary };
  const parties = [from, to];
  switch (type) {
    case 'StatementMade':
    case 'ProposalTabled':
    case 'ConcessionMade':
      return said;
    case 'DemandStated':
      return { ...said, force: FORCES[subtype] };
    case 'DemandAnswered':
    case 'ProposalAnswered':
      return { ...said, ask: words, answer: 'refused' };
    case 'ReactionIssued':
      return { ...said, to: { kind: 'conduct', of: to, description: words }, sentiment: SENTIMENTS[subtype] };
    case 'ThreatIssued':
      return { ...said, threat: THREATS[cameo] ?? 'other' };
    case 'CommitmentMade':
      return { ...said, ...(PROMISES[cameo] && { kind: PROMISES[cameo] }) };
    case 'CallHeld':
      return { participants: parties, channel: 'telephone', summary };
    case 'MeetingHeld':
      if (subtype === 'visit' || subtype === 'host')
        return { participants: parties, format: 'visit', host: to, summary };
      return { participants: parties, format: 'bilateral', summary };
    case 'EncounterAnnounced':
      // Dated by when the intent was told: the file does not say for when.
      return { expected: parties, summary };
    case 'AgreementReached':
      return { parties, stage: 'signed', summary };
    case 'NegotiationSuspended':
      return { parties, ...(mutual ? {} : { by: from }), summary };
    case 'AidChanged': {
      const given = cameo.startsWith('07') ? { direction: 'increased', stage: 'delivered' } : { direction: 'reduced' };
      return { donor: from, recipient: to, ...(AID.includes(subtype) && { kind: subtype }), ...given, summary };
    }
    case 'RelationsChanged':
      return { ...acted, change: RELATIONS[subtype] };
    case 'LegalActTaken':
      return { ...acted, kind: subtype === 'verdict' ? 'ruling' : 'other' };
    case 'SanctionImposed':
      return acted;
    case 'ContextRecorded':
      return { category: CONTEXTS[subtype] ?? 'other', actors: [from], targets: [to], summary };
    default:
      throw new Error(`The map gives the type ${type} for "${words}", for which there is no data here.`);
  }
}

function summaryOf({ from, to, mutual, relation }: IcewsFact): string {
  return `${nameOf(from)} ${mutual ? 'and' : 'to'} ${nameOf(to)}: ${relation.words.toLowerCase()}`;
}

function nameOf(actor: string): string {
  return Object.keys(ACTORS).find((name) => ACTORS[name] === actor)!;
}
