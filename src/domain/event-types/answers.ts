// What demands and proposals are met with: answers, withdrawals, concessions and threats.
import { z } from 'zod';
import { answer, answeredViolations, unstatedViolations, withdrawalOf } from '../answer.ts';
import { countsAsFact, defineEventType, ownStream, typeViolations } from '../event-type.ts';
import { eventRef, eventRefs } from '../reference.ts';
import { text } from '../text.ts';
import { principalsOf, saidTo, utterance } from '../utterance.ts';

const DEMAND = '01932c00-0000-7000-8000-000000000013';
const PROPOSAL = '01932c00-0000-7000-8000-000000000024';

export const DemandAnswered = defineEventType({
  type: 'DemandAnswered',
  family: 'answer',
  summary: 'An actor accepted, partly met or refused what was demanded of it.',
  data: utterance({
    demands: eventRefs()
      .optional()
      .meta({ description: 'The demands, or the proposals that bundle demands, that are answered.' }),
    ask: text(500).optional().meta({ description: 'What was asked, in words, where no demand is recorded.' }),
    answer,
  }).refine(({ demands, ask }) => demands !== undefined || ask !== undefined, {
    path: ['demands'],
    error: 'expected the demands that are answered, or the ask in words',
  }),
  stance: 'optional',
  stream: ownStream('answer'),
  cameo: ({ answer: given }) => (given === 'refused' ? '120' : '080'),
  dyad: saidTo,
  rule: (event, known) =>
    answeredViolations(
      event,
      { ids: event.data.demands ?? [], pointer: '/data/demands', types: ['DemandStated', 'ProposalTabled'] },
      known,
    ),
  example: {
    occurred: '2024-11-15',
    data: {
      speaker: 'vladimir-putin',
      addressees: ['germany'],
      demands: [DEMAND],
      answer: 'refused',
      summary: 'The troops stay where they are',
    },
    stance: { issue: 'troop-withdrawal', position: -2, firmness: 'red_line' },
  },
});

export const DemandWithdrawn = defineEventType({
  type: 'DemandWithdrawn',
  family: 'answer',
  summary: 'An actor no longer demands what it had demanded.',
  data: utterance({ demand: eventRef }),
  stance: 'optional',
  stream: (event, known) => known.fact(event.data.demand)!.stream,
  cameo: () => '080',
  dyad: saidTo,
  rule: (event, known) => {
    const demand = known.fact(event.data.demand)!;
    const wrongType = typeViolations('/data/demand', demand, ['DemandStated']);
    if (wrongType.length > 0) return wrongType;
    const unstated = unstatedViolations(event, demand, '/data/demand');
    if (unstated.length > 0) return unstated;
    const withdrawn = withdrawalOf(demand, known);
    if (withdrawn && countsAsFact(event)) {
      const found = `a demand that was withdrawn on ${withdrawn.occurred}`;
      return [{ pointer: '/data/demand', found, expected: 'one that is still open' }];
    }
    const [own, others] = [principalsOf(event, known), principalsOf(demand, known)];
    if (own.some((principal) => others.includes(principal))) return [];
    const expected = `those of ${others.join(' or ')}, whose demand it is`;
    return [{ pointer: '/data/speaker', found: `words of ${own.join(' and ')}`, expected }];
  },
  example: {
    occurred: '2024-11-18',
    data: { speaker: 'olaf-scholz', demand: DEMAND, summary: 'Berlin no longer asks for a withdrawal before talks' },
  },
});

export const ProposalTabled = defineEventType({
  type: 'ProposalTabled',
  family: 'answer',
  summary: 'An actor put a proposal forward, or is considering one.',
  data: utterance({
    title: text(300).optional(),
    stage: z.enum(['exploring', 'tabled']).optional().meta({ description: '`tabled` where nothing is said.' }),
    includes: eventRefs().optional().meta({ description: 'Recorded demands and proposals that it bundles.' }),
  }),
  stance: 'optional',
  stream: ownStream('proposal'),
  cameo: ({ stage }) => (stage === 'exploring' ? '014' : '030'),
  dyad: saidTo,
  rule: ({ data: { includes = [] } }, known) =>
    includes.flatMap((id, n) =>
      typeViolations(`/data/includes/${n}`, known.fact(id)!, ['DemandStated', 'ProposalTabled']),
    ),
  example: {
    occurred: '2024-10',
    data: {
      speaker: 'volodymyr-zelenskiy',
      addressees: ['germany'],
      title: 'Victory plan',
      summary: 'A plan whose parts together are to end the war',
    },
  },
});

export const ProposalAnswered = defineEventType({
  type: 'ProposalAnswered',
  family: 'answer',
  summary: 'An actor accepted, accepted in part or refused a proposal.',
  data: utterance({
    proposals: eventRefs().optional(),
    ask: text(500).optional().meta({ description: 'What was proposed, in words, where no proposal is recorded.' }),
    answer,
  }).refine(({ proposals, ask }) => proposals !== undefined || ask !== undefined, {
    path: ['proposals'],
    error: 'expected the proposals that are answered, or what was proposed in words',
  }),
  stance: 'optional',
  stream: ownStream('answer'),
  cameo: ({ answer: given }) => (given === 'refused' ? '120' : '030'),
  dyad: saidTo,
  rule: (event, known) =>
    answeredViolations(
      event,
      { ids: event.data.proposals ?? [], pointer: '/data/proposals', types: ['ProposalTabled'] },
      known,
    ),
  example: {
    occurred: '2024-10-17',
    data: {
      speaker: 'olaf-scholz',
      proposals: [PROPOSAL],
      answer: 'partly_met',
      summary: 'Parts of the plan can be talked about, others cannot',
    },
  },
});

export const ConcessionMade = defineEventType({
  type: 'ConcessionMade',
  family: 'answer',
  summary: 'An actor gave way: it released, eased, withdrew or allowed something.',
  data: utterance({ to: eventRef.optional().meta({ description: 'The demand or the threat that it gave way to.' }) }),
  stance: 'optional',
  stream: ownStream('concession'),
  cameo: () => '080',
  dyad: saidTo,
  rule: ({ data: { to } }, known) =>
    to === undefined ? [] : typeViolations('/data/to', known.fact(to)!, ['DemandStated', 'ThreatIssued']),
  example: {
    occurred: '2022-07-22',
    data: { speaker: 'russia', addressees: ['ukraine'], summary: 'Grain ships may leave three Ukrainian ports' },
  },
});

const THREATS = {
  military: '138',
  sanctions: '1312',
  relations: '1313',
  aid: '1311',
  negotiations: '134',
  other: '130',
};

export const ThreatIssued = defineEventType({
  type: 'ThreatIssued',
  family: 'answer',
  summary: 'An actor threatened another with something.',
  data: utterance({
    threat: z.enum(Object.keys(THREATS) as [keyof typeof THREATS]).meta({ description: 'What it threatens with.' }),
    unless: text(500).optional().meta({ description: 'What would avert it.' }),
  }),
  stance: 'optional',
  stream: ownStream('threat'),
  cameo: ({ threat }) => THREATS[threat],
  dyad: saidTo,
  example: {
    occurred: '2024-09-12',
    data: {
      speaker: 'vladimir-putin',
      addressees: ['nato'],
      threat: 'military',
      unless: 'Western missiles are not fired into Russia',
      summary: 'Their use would put NATO at war with Russia',
    },
  },
});
