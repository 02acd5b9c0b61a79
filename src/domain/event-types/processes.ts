// Negotiations, step by step: proposed, opened, suspended, resumed, abandoned, concluded; and the agreements they lead to.
import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { amongParties, negotiationStep, negotiationStream, negotiationViolations, turn } from '../negotiation.ts';
import { text } from '../text.ts';

const NEGOTIATION = '01932c00-0000-7000-8000-000000000056';

/** What all steps have in common beside their data. */
const step = {
  family: 'process',
  stance: 'none',
  stream: negotiationStream,
  dyad: amongParties,
  rule: negotiationViolations,
} as const;

export const NegotiationProposed = defineEventType({
  ...step,
  type: 'NegotiationProposed',
  summary: 'Negotiations, or a round of them, were proposed, or agreed on before they began.',
  data: negotiationStep({
    stage: z
      .enum(['proposed', 'agreed_to_open'])
      .optional()
      .meta({ description: '`agreed_to_open` where all sides want to begin; `proposed` where nothing is said.' }),
    round: z.int().min(1).max(10_000).optional(),
  }),
  cameo: () => '036',
  example: {
    occurred: '2024-08',
    data: {
      parties: ['russia', 'ukraine'],
      subject: 'An end to strikes on energy plants',
      place: 'Qatar',
      stage: 'agreed_to_open',
      round: 1,
      summary: 'Both sides agree to begin talks in Qatar',
    },
  },
});

export const NegotiationOpened = defineEventType({
  ...step,
  type: 'NegotiationOpened',
  summary: 'Negotiations, or a round of them, began.',
  data: negotiationStep({ round: z.int().min(1).max(10_000).optional() }),
  cameo: () => '046',
  example: {
    occurred: '2022-02-28',
    data: { parties: ['russia', 'ukraine'], place: 'Belarus', round: 1, summary: 'The first talks after the invasion' },
  },
});

export const NegotiationSuspended = defineEventType({
  ...step,
  type: 'NegotiationSuspended',
  summary: 'Negotiations were halted and may go on later.',
  data: negotiationStep(turn),
  cameo: () => '164',
  example: {
    occurred: '2024-08',
    data: { negotiation: NEGOTIATION, by: 'russia', summary: 'Russia puts the talks off' },
  },
});

export const NegotiationResumed = defineEventType({
  ...step,
  type: 'NegotiationResumed',
  summary: 'Negotiations that had been halted or given up went on.',
  data: negotiationStep(turn),
  cameo: () => '046',
  example: { occurred: '2024-10', data: { negotiation: NEGOTIATION, summary: 'The talks on energy plants go on' } },
});

export const NegotiationAbandoned = defineEventType({
  ...step,
  type: 'NegotiationAbandoned',
  summary: 'Negotiations were given up.',
  data: negotiationStep(turn),
  cameo: () => '164',
  example: {
    occurred: '2024-08',
    data: {
      negotiation: NEGOTIATION,
      cause: { claim: 'the Ukrainian advance into Kursk' },
      summary: 'Nothing comes of the talks',
    },
  },
});

export const NegotiationConcluded = defineEventType({
  ...step,
  type: 'NegotiationConcluded',
  summary: 'Negotiations came to their end.',
  data: negotiationStep({ outcome: text(1_000).optional() }),
  cameo: () => '046',
  example: {
    occurred: '2024-11',
    data: { negotiation: NEGOTIATION, outcome: 'None', summary: 'The talks end without a result' },
  },
});

export const AgreementReached = defineEventType({
  ...step,
  type: 'AgreementReached',
  summary: 'An agreement was drafted, initialled or signed.',
  data: negotiationStep({
    stage: z.enum(['draft', 'initialled', 'signed']),
    title: text(300).optional(),
  }),
  cameo: ({ stage }) => (stage === 'draft' ? '030' : '057'),
  example: {
    occurred: '2022-03-29',
    data: {
      parties: ['russia', 'ukraine'],
      stage: 'draft',
      title: 'Istanbul Communiqué',
      summary: 'A draft is agreed',
    },
  },
});
