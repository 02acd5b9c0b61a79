// What generated events of each type say, as their step and the log before them have it.
import type { Fact } from '../../src/domain/fact.ts';
import type { Step } from './generate-log.ts';
import type { MemoryLog } from './oracle-log.ts';

type Making = (step: Step, log: MemoryLog) => object | undefined;

/** The data of an event of this type; undefined where nothing is there that it could be about. */
export function dataOf(type: string, step: Step, log: MemoryLog): object | undefined {
  const making = MAKINGS[type];
  if (!making) throw new Error(`No data is generated for ${type}.`);
  return making(step, log);
}

const ANSWERS = ['accepted', 'partly_met', 'refused'];

const registry: Record<string, Making> = {
  ActorRegistered: ({ who, whom, form }) => ({
    actor: who,
    kind: 'organisation',
    name: `Name of ${who}`,
    ...(form % 2 === 0 && { represents: whom }),
  }),
  ActorRenamed: ({ who, form }) => ({ actor: who, ...NAMES[form % 3] }),
  OfficeAssumed: ({ who, whom, office }) => ({ actor: who, office, of: whom }),
  OfficeVacated: ({ who, form }, log) =>
    log.standing().findLast(({ type, data }) => type === 'OfficeAssumed' && (form < 4 || data['actor'] === who))?.data,
  IssueOpened: ({ issue }) => ({ issue, proposition: `It should again be ${issue}` }),
  IssueReworded: ({ issue, form }) => ({ issue, proposition: `In other words ${form}` }),
};

const NAMES = [{ name: 'New Name' }, { aliases: ['Old Name', 'Other Name'] }, { name: 'Newest Name', aliases: ['N.'] }];

const utterances: Record<string, Making> = {
  StatementMade: (step) => ({ ...said(step), quote: 'Words' }),
  PositionStated: (step, log) => {
    const demands = answerable(step, log, 'DemandStated');
    const answers = step.form > 6 && demands ? { demands, answer: pick(ANSWERS, step.word) } : undefined;
    return { ...said(step), answers };
  },
  PositionWithdrawn: (step) => ({ ...said(step), issue: step.issue }),
  DemandStated: (step) => ({
    ...said(step),
    addressees: [...new Set([...othersThan(step.who, step), step.whom])].filter((one) => one !== step.who),
    force: 'demand',
    kind: pick([undefined, 'substantive', 'precondition', 'precondition'], step.word),
  }),
  ReactionIssued: (step, log) => {
    const target = log.standing().at(-1 - step.target);
    const to =
      target && step.form % 3 > 0
        ? { kind: 'event', event: target.id }
        : { kind: 'conduct', of: step.whom, description: 'Conduct' };
    return { ...said(step), to, sentiment: step.position };
  },
  DemandAnswered: (step, log) => answering('demands', step, answerable(step, log, 'DemandStated', 'ProposalTabled')),
  DemandWithdrawn: (step, log) => {
    const demand = one(step, log, 'DemandStated');
    const speaker = demand?.data['speaker'] as string;
    return demand && { ...said(step), speaker, onBehalfOf: undefined, jointlyWith: undefined, demand: demand.id };
  },
  ProposalTabled: (step, log) => ({
    ...said(step),
    stage: pick([undefined, 'exploring', 'tabled'], step.word),
    includes: step.form > 7 ? several(step, facts(log, 'DemandStated', 'ProposalTabled')) : undefined,
  }),
  ProposalAnswered: (step, log) => answering('proposals', step, answerable(step, log, 'ProposalTabled')),
  ConcessionMade: (step, log) => ({ ...said(step), to: one(step, log, 'DemandStated')?.id }),
  ThreatIssued: (step) => ({ ...said(step), threat: pick(['military', 'aid', 'other'], step.word) }),
  CommitmentMade: (step) => ({
    ...said(step),
    kind: pick([undefined, 'military_aid', 'talks'], step.word),
    ...sum(step),
  }),
};

const encounters: Record<string, Making> = {
  CallHeld: (step, log) => ({ participants: party(step), announced: announced(step, log), summary: 'A call' }),
  MeetingHeld: (step, log) => ({
    participants: party(step),
    format: pick([undefined, 'visit', 'summit'], step.word),
    announced: announced(step, log),
  }),
  EncounterAnnounced: (step) => ({
    expected: step.form === 0 ? [step.who] : party(step),
    forum: step.form > 8 ? step.whom : undefined,
    summary: 'It is to be',
  }),
  EncounterCancelled: (step, log) => {
    const encounter = one(step, log, 'EncounterAnnounced');
    return encounter && { encounter: encounter.id, by: step.form < 8 ? step.who : undefined, summary: 'Called off' };
  },
  AttendanceDeclared: (step, log) => ({
    actor: step.who,
    encounter: one(step, log, 'EncounterAnnounced')?.id,
    forum: step.whom,
    decision: pick(['attends', 'declines'], step.form),
    statedReason: pick([undefined, 'A cold'], step.word),
    summary: 'Whether it comes',
  }),
};

const commitments: Record<string, Making> = {
  CommitmentUpdated: (step, log) => {
    const commitment = one(step, log, 'CommitmentMade');
    const status = pick(['in_the_works', 'stalled', 'compromised', 'kept', 'broken', 'withdrawn'], step.word);
    return commitment && { commitment: commitment.id, status, summary: 'So it goes' };
  },
  AidChanged: (step, log) => ({
    donor: step.who,
    recipient: othersThan(step.who, step)[0] ?? step.whom,
    direction: pick(['started', 'increased', 'reduced', 'stopped'], step.word),
    stage: pick([undefined, 'planned', 'delivered'], step.form),
    kind: pick([undefined, 'military', 'economic', 'humanitarian'], step.word),
    ...sum(step),
    ratio: pick([undefined, 0.5], step.form),
    period: pick([undefined, '2025'], step.word),
    commitment: step.form < 8 ? one(step, log, 'CommitmentMade')?.id : undefined,
    summary: 'Aid',
  }),
};

/** A step of a negotiation, mostly of one that goes on. */
const process =
  (more: (step: Step) => object): Making =>
  (step, log) => {
    const started = facts(log, ...Object.keys(processes));
    const negotiation = step.form < 9 ? nth(started, step.target)?.id : undefined;
    const parties = negotiation === undefined || step.form < 3 ? party(step) : undefined;
    return { negotiation, parties, summary: 'Talks', ...more(step) };
  };

const turn = process(({ who, word }) => ({ by: word % 3 === 0 ? who : undefined }));

const processes: Record<string, Making> = {
  NegotiationProposed: process(({ word }) => ({ stage: pick([undefined, 'proposed', 'agreed_to_open'], word) })),
  NegotiationOpened: process(({ word }) => ({ round: 1 + (word % 3) })),
  NegotiationSuspended: turn,
  NegotiationResumed: turn,
  NegotiationAbandoned: turn,
  NegotiationConcluded: process(() => ({ outcome: 'Something' })),
  AgreementReached: process(({ word }) => ({ stage: pick(['draft', 'initialled', 'signed'], word) })),
};

const acts: Record<string, Making> = {
  LegalActTaken: (step) => ({ ...acted(step), kind: pick(['law', 'annexation', 'ruling'], step.word) }),
  SanctionImposed: acted,
  RelationsChanged: (step) => ({ ...acted(step), change: pick(['recognised', 'reduced', 'expelled'], step.word) }),
  ContextRecorded: (step) => ({
    category: pick(['military', 'economic', 'cooperation'], step.word),
    actors: step.form < 9 ? [step.who] : undefined,
    targets: step.form > 2 ? [step.whom] : undefined,
    summary: 'Context',
  }),
};

const MAKINGS: Record<string, Making> = {
  ...registry,
  ...utterances,
  ...encounters,
  ...commitments,
  ...processes,
  ...acts,
};

function said(step: Step) {
  const { who, whom, form, word } = step;
  const others = othersThan(who, step);
  return {
    speaker: who,
    summary: `Said ${form}`,
    onBehalfOf: form === 0 ? whom : undefined,
    jointlyWith: word % 5 === 0 && others.length > 0 ? others : undefined,
    addressees: pick([undefined, [whom], others.length > 0 ? others : undefined], word),
  };
}

function acted(step: Step) {
  const others = othersThan(step.who, step);
  const jointlyWith = step.word % 3 === 0 && others.length > 0 ? others : undefined;
  return { actor: step.who, jointlyWith, targets: [step.whom], summary: 'An act' };
}

function sum({ form, word }: Step): object {
  return form % 3 === 0 ? { amount: 1_000 * word, currency: 'EUR' } : {};
}

/** Two or more who meet. */
function party({ who, whom, others }: Step): string[] {
  return [...new Set([who, ...others, whom])];
}

function othersThan(actor: string, { others }: Step): string[] {
  return others.filter((other) => other !== actor);
}

function announced(step: Step, log: MemoryLog): string | undefined {
  return step.form < 7 ? one(step, log, 'EncounterAnnounced')?.id : undefined;
}

/** Of what is recorded, or of something in words. */
function answering(field: string, step: Step, ids: string[] | undefined): object | undefined {
  const { form, word } = step;
  const named = form < 10 ? ids : undefined;
  const ask = form === 0 || form >= 10 ? 'What was asked' : undefined;
  if (named === undefined && ask === undefined) return undefined;
  return { ...said(step), [field]: named, ask, answer: pick(ANSWERS, word) };
}

/** One or more that others than the speaker stated. */
function answerable(step: Step, log: MemoryLog, ...types: string[]): string[] | undefined {
  return several(
    step,
    facts(log, ...types).filter(({ data }) => data['speaker'] !== step.who),
  );
}

function several({ target, form }: Step, among: Fact[]): string[] | undefined {
  const count = 1 + (form % 3);
  const ids = [0, 1, 2].slice(0, count).flatMap((n) => nth(among, target + n)?.id ?? []);
  return ids.length > 0 ? [...new Set(ids)] : undefined;
}

function one({ target }: Step, log: MemoryLog, ...types: string[]): Fact | undefined {
  return nth(facts(log, ...types), target);
}

function facts(log: MemoryLog, ...types: string[]): Fact[] {
  return log.standing().filter(({ type }) => types.includes(type));
}

/** Counted from the last one, and over again from there. */
function nth<T>(list: T[], n: number): T | undefined {
  return list.toReversed()[n % list.length];
}

function pick<T>(list: T[], n: number): T {
  return list[n % list.length]!;
}
