// What each type of fact says. A fact that refers to an earlier one is dated on the day that the archive has come to, so that
// it follows what it refers to; where there is nothing to refer to yet, another type is drawn.
import { pickIssue, pickMedium, pickPrincipal, pickVoice } from './cast.ts';
import type { Past } from './past.ts';
import { weighted, type Random } from './random.ts';
import { phrase, sentences } from './words.ts';

/** What a fact is made from. */
export interface Turn {
  random: Random;
  past: Past;
  /** What the archive has come to. */
  day: string;
  /** The principal that acts, and the one that it acts towards. */
  from: string;
  to: string;
}

export interface Made {
  data: Record<string, unknown>;
  occurred?: string;
  modality?: string;
  /** Where the one it refers to decides who acts. */
  from?: string;
  to?: string;
}

/** What comes of a turn; undefined where there is nothing yet that it could refer to. */
export type Make = (turn: Turn) => Made | undefined;

const pickAnswer = weighted([
  ['refused', 6],
  ['partly_met', 2],
  ['accepted', 2],
]);

/** Every type of fact about the world, and how to make one. */
export const facts: Record<string, Make> = {
  StatementMade: (turn) => {
    const { random, past } = turn;
    const encounter = random.chance(0.15) ? past.ofType('CallHeld', random) : undefined;
    const form = random.pick(['interview', 'address', 'press_statement']);
    if (encounter) return { occurred: turn.day, data: { ...said(turn), form: 'readout', readoutOf: encounter.id } };
    return { data: { ...said(turn), form, ...(form === 'interview' && { medium: pickMedium(random) }) } };
  },
  PositionStated: (turn) => ({ data: said(turn) }),
  PositionWithdrawn: (turn) => ({ data: { ...said(turn), issue: pickIssue(turn.from, turn.random) } }),
  ReactionIssued: (turn) => {
    const { random, past, to } = turn;
    const sentiment = random.pick([-2, -2, -1, -1, 0, 1, 1, 2]);
    const event = random.chance(0.5) ? past.fact(random) : undefined;
    if (event)
      return { occurred: turn.day, data: { ...said(turn), sentiment, to: { kind: 'event', event: event.id } } };
    const conduct = { kind: 'conduct', of: to, description: phrase(random) };
    return { data: { ...said(turn), sentiment, to: conduct } };
  },
  DemandStated: (turn) => {
    const force = turn.random.pick(['appeal', 'urge', 'urge', 'demand', 'demand', 'insist', 'condition', 'ultimatum']);
    return { data: { ...said(turn), force, ...(turn.random.chance(0.15) && { kind: 'precondition' }) } };
  },
  DemandAnswered: (turn) => answered(turn, 'DemandStated', 'demands'),
  DemandWithdrawn: (turn) => {
    const { past, random } = turn;
    // Its own words, whatever office its head holds by then.
    const demand = past.ofType('DemandStated', random, ({ from, data }) => data['speaker'] === from);
    if (!demand) return undefined;
    past.forget(demand);
    return {
      occurred: turn.day,
      from: demand.from,
      to: demand.to,
      data: { ...speech(turn), speaker: demand.from, demand: demand.id },
    };
  },
  ProposalTabled: (turn) => ({
    data: { ...said(turn), title: phrase(turn.random), ...(turn.random.chance(0.3) && { stage: 'exploring' }) },
  }),
  ProposalAnswered: (turn) => answered(turn, 'ProposalTabled', 'proposals'),
  ConcessionMade: (turn) => {
    const reason = turn.past.ofType('ThreatIssued', turn.random);
    if (!reason) return { data: said(turn) };
    return { occurred: turn.day, data: { ...said(turn), to: reason.id } };
  },
  ThreatIssued: (turn) => ({
    data: {
      ...said(turn),
      threat: turn.random.pick(['military', 'sanctions', 'relations', 'aid', 'negotiations', 'other']),
      ...(turn.random.chance(0.5) && { unless: phrase(turn.random) }),
    },
  }),
  CommitmentMade: (turn) => {
    const kind = turn.random.pick(['military_aid', 'economic_aid', 'humanitarian_aid', 'talks', 'cooperation']);
    return { data: { ...said(turn), kind, ...(kind.endsWith('_aid') && sum(turn.random)) } };
  },
  CommitmentUpdated: (turn) => {
    const commitment = turn.past.ofType('CommitmentMade', turn.random);
    const status = turn.random.pick(['in_the_works', 'in_the_works', 'stalled', 'compromised', 'kept', 'broken']);
    return commitment && { occurred: turn.day, data: { commitment: commitment.id, status, ...told(turn) } };
  },
  AidChanged: (turn) => {
    const { random, past, from, to } = turn;
    const commitment = random.chance(0.5) ? past.ofType('CommitmentMade', random) : undefined;
    const data = {
      direction: random.pick(['started', 'increased', 'increased', 'unchanged', 'reduced', 'stopped']),
      kind: random.pick(['military', 'economic', 'humanitarian']),
      stage: random.pick(['planned', 'allocated', 'delivered']),
      ...sum(random),
      ...told(turn),
    };
    if (!commitment) return { data: { donor: from, recipient: to, ...data } };
    const { from: donor, to: recipient, id } = commitment;
    return {
      occurred: turn.day,
      from: donor,
      to: recipient,
      data: { donor, recipient, commitment: id, ...data },
    };
  },
  CallHeld: (turn) => {
    const channel = turn.random.pick(['telephone', 'telephone', 'video']);
    return encounter(turn, { channel, durationMinutes: 5 * turn.random.between(2, 24) }, 'initiator');
  },
  MeetingHeld: (turn) => {
    const format = turn.random.pick(['bilateral', 'bilateral', 'multilateral', 'summit', 'visit']);
    return encounter(turn, { format, place: `Capital of ${turn.to}` }, 'host');
  },
  EncounterAnnounced: (turn) => {
    const { random, day } = turn;
    const planned = new Date(Date.parse(day) + random.between(1, 60) * 86_400_000).toISOString().slice(0, 10);
    const form = random.pick(['call', 'meeting', 'meeting']);
    const modality = random.chance(0.08) ? 'negated' : 'planned';
    return { occurred: planned, modality, data: { expected: voices(turn), form, ...told(turn) } };
  },
  EncounterCancelled: (turn) => {
    const announcement = turn.past.ofType('EncounterAnnounced', turn.random);
    if (!announcement) return undefined;
    turn.past.forget(announcement);
    const data = { encounter: announcement.id, reason: phrase(turn.random), ...told(turn) };
    return { occurred: turn.day, data };
  },
  AttendanceDeclared: (turn) => {
    const announcement = turn.past.ofType('EncounterAnnounced', turn.random);
    if (!announcement) return undefined;
    const { id, data } = announcement;
    const actor = turn.random.pick(data['expected'] as string[]);
    const decision = turn.random.pick(['attends', 'declines']);
    return { occurred: turn.day, data: { actor, encounter: id, decision, ...told(turn) } };
  },
  NegotiationProposed: (turn) => begun(turn, {}),
  NegotiationOpened: (turn) =>
    continued(turn, ['NegotiationProposed'], {}) ?? begun(turn, { round: turn.random.between(1, 9) }),
  NegotiationSuspended: (turn) => continued(turn, ['NegotiationOpened', 'NegotiationResumed'], { by: turn.from }),
  NegotiationResumed: (turn) => continued(turn, ['NegotiationSuspended'], {}),
  NegotiationAbandoned: (turn) =>
    continued(turn, ['NegotiationProposed', 'NegotiationSuspended'], { cause: { claim: phrase(turn.random) } }),
  NegotiationConcluded: (turn) =>
    continued(turn, ['NegotiationOpened', 'NegotiationResumed', 'AgreementReached'], { outcome: phrase(turn.random) }),
  AgreementReached: (turn) => {
    const agreed = { stage: turn.random.pick(['draft', 'initialled', 'signed']), title: phrase(turn.random) };
    return continued(turn, ['NegotiationOpened', 'NegotiationResumed'], agreed) ?? begun(turn, agreed);
  },
  LegalActTaken: (turn) => acted(turn, { kind: turn.random.pick(['ruling', 'law', 'law', 'obligation', 'other']) }),
  SanctionImposed: (turn) => acted(turn, { measure: phrase(turn.random) }),
  RelationsChanged: (turn) => acted(turn, { change: turn.random.pick(['upgraded', 'reduced', 'expelled']) }),
  ContextRecorded: (turn) => ({
    data: {
      category: turn.random.pick(['military', 'military', 'electoral', 'economic', 'cooperation', 'other']),
      actors: [turn.from],
      ...(turn.random.chance(0.6) && { targets: [turn.to] }),
      ...told(turn),
    },
  }),
};

/** What is said, by whom and to whom. */
function said(turn: Turn): Record<string, unknown> {
  const { random, from, to, day } = turn;
  const speaker = pickVoice(from, day, random);
  const third = random.chance(0.03) ? pickPrincipal(random) : from;
  return {
    speaker,
    ...(speaker.startsWith('ministry') && random.chance(0.3) && { onBehalfOf: from }),
    ...(third !== from && third !== to && { jointlyWith: [third] }),
    ...(random.chance(0.75) && { addressees: [pickVoice(to, day, random)] }),
    ...speech(turn),
  };
}

function speech({ random }: Turn) {
  const quote = random.chance(0.4) && { quote: sentences(random, random.between(1, 6)) };
  return { summary: sentences(random, random.between(4, 9)), ...quote };
}

/** What is told of what was done, and sometimes which issue it touches. */
function told({ random, from }: Turn) {
  const summary = sentences(random, random.between(4, 10));
  return { summary, ...(random.chance(0.5) && { issues: [pickIssue(from, random)] }) };
}

/** Those who were asked answer; where nobody was, something asked elsewhere is answered. */
function answered(turn: Turn, type: string, field: string): Made {
  const { random, past, day } = turn;
  const answer = pickAnswer(random);
  const asked = random.chance(0.8) ? past.ofType(type, random) : undefined;
  if (!asked) return { data: { ...said(turn), ask: phrase(random), answer } };
  const parties = { from: asked.to, to: asked.from };
  return { occurred: day, ...parties, data: { ...said({ ...turn, ...parties }), [field]: [asked.id], answer } };
}

function encounter(turn: Turn, more: Record<string, unknown>, first: 'initiator' | 'host'): Made {
  const { random, past, day } = turn;
  const announcement = random.chance(0.12) ? past.ofType('EncounterAnnounced', random) : undefined;
  const participants = (announcement?.data['expected'] as string[] | undefined) ?? voices(turn);
  const topics = random.chance(0.5) && { topics: [phrase(random), phrase(random)] };
  const data = { participants, ...more, [first]: random.pick(participants), ...topics, ...told(turn) };
  if (!announcement) return { data };
  past.forget(announcement);
  return { occurred: day, from: announcement.from, to: announcement.to, data: { ...data, announced: announcement.id } };
}

/** Two who meet, and sometimes others with them. */
function voices({ random, from, to, day }: Turn): string[] {
  const others = random.chance(0.15) ? Array.from({ length: random.between(1, 3) }, () => pickPrincipal(random)) : [];
  return [...new Set([from, to, ...others])].map((principal) => pickVoice(principal, day, random));
}

function begun(turn: Turn, more: Record<string, unknown>): Made {
  const { from, to, random } = turn;
  return { data: { parties: [from, to], subject: phrase(random), ...more, ...told(turn) } };
}

/** The next step after one of those types, of which only the last is remembered. */
function continued(turn: Turn, after: string[], more: Record<string, unknown>): Made | undefined {
  const { past, random, day } = turn;
  const before = past.ofType(random.pick(after), random);
  if (!before) return undefined;
  past.forget(before);
  const { from, to, id } = before;
  return { occurred: day, from, to, data: { negotiation: id, parties: [from, to], ...more, ...told(turn) } };
}

function acted(turn: Turn, more: Record<string, unknown>): Made {
  return { data: { actor: turn.from, targets: [turn.to], ...more, ...told(turn) } };
}

function sum(random: Random) {
  return { amount: random.between(1, 400) * 10_000_000, currency: random.pick(['EUR', 'USD']) };
}
