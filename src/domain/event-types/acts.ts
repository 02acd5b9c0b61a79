// What actors do, and what surrounds diplomacy: legal acts, sanctions, relations, and the course of events.
import { z } from 'zod';
import { act, actedOn, togetherViolations } from '../act.ts';
import { bearsOn } from '../bears-on.ts';
import { defineEventType, ownStream } from '../event-type.ts';
import { actorRefs } from '../reference.ts';
import { text } from '../text.ts';

/** CAMEO has no code for a law or an obligation. */
const LEGAL_ACTS = {
  arrest_warrant: '173',
  annexation: '192',
  ruling: '116',
  obligation: null,
  law: null,
  other: null,
};

export const LegalActTaken = defineEventType({
  type: 'LegalActTaken',
  family: 'act',
  summary: 'A warrant, an annexation, a ruling or a law was issued, or an obligation arose.',
  data: z.strictObject({ ...act, kind: z.enum(Object.keys(LEGAL_ACTS) as [keyof typeof LEGAL_ACTS]) }),
  stance: 'none',
  stream: ownStream('legal-act'),
  cameo: ({ kind }) => LEGAL_ACTS[kind],
  dyad: actedOn,
  rule: togetherViolations,
  example: {
    occurred: '2023-03-17',
    data: {
      actor: 'international-criminal-court',
      targets: ['vladimir-putin'],
      kind: 'arrest_warrant',
      summary: 'The Court wants the Russian president for the deportation of children',
    },
  },
});

export const SanctionImposed = defineEventType({
  type: 'SanctionImposed',
  family: 'act',
  summary: 'An actor imposed sanctions, an embargo or a boycott.',
  data: z.strictObject({
    ...act,
    targets: actorRefs(1),
    measure: text(300).optional().meta({ description: 'What is forbidden or frozen.' }),
    package: text(200).optional().meta({ description: 'The package or legal act that it belongs to.' }),
  }),
  stance: 'none',
  stream: ownStream('sanction'),
  cameo: () => '163',
  dyad: actedOn,
  rule: togetherViolations,
  example: {
    occurred: '2022-02-22',
    data: {
      actor: 'germany',
      targets: ['russia'],
      measure: 'No certificate for Nord Stream 2',
      summary: 'Berlin stops the pipeline',
    },
  },
});

const RELATIONS = {
  recognised: '054',
  upgraded: '050',
  reduced: '161',
  expelled: '166',
  broken_off: '161',
};

export const RelationsChanged = defineEventType({
  type: 'RelationsChanged',
  family: 'act',
  summary:
    'An actor recognised another, or its relations with it were upgraded, reduced or broken off, or it expelled envoys.',
  data: z.strictObject({
    ...act,
    targets: actorRefs(1),
    change: z.enum(Object.keys(RELATIONS) as [keyof typeof RELATIONS]),
  }),
  stance: 'none',
  stream: ownStream('relations'),
  cameo: ({ change }) => RELATIONS[change],
  dyad: actedOn,
  rule: togetherViolations,
  example: {
    occurred: '2022-02-24',
    data: {
      actor: 'ukraine',
      targets: ['russia'],
      change: 'broken_off',
      summary: 'Kyiv breaks off diplomatic relations',
    },
  },
});

/** CAMEO has no code for an election or a recession. */
const CONTEXTS = {
  military: '150',
  electoral: null,
  economic: null,
  cooperation: '060',
  other: null,
};

export const ContextRecorded = defineEventType({
  type: 'ContextRecorded',
  family: 'act',
  summary: 'Something that is not diplomacy itself but bears on it: war, elections, the economy, cooperation.',
  data: z.strictObject({
    category: z.enum(Object.keys(CONTEXTS) as [keyof typeof CONTEXTS]),
    actors: actorRefs(1).optional().meta({ description: 'Who did it, or whom it is about.' }),
    targets: actorRefs(1).optional(),
    value: z.number().optional(),
    unit: text(50).optional(),
    valueApproximate: z.boolean().optional(),
    summary: text(2_000),
    issues: bearsOn,
  }),
  stance: 'none',
  stream: ownStream('context'),
  cameo: ({ category }) => CONTEXTS[category],
  dyad: ({ actors = [], targets = [] }) => ({ from: actors, to: targets }),
  example: {
    occurred: '2024-08-06',
    data: {
      category: 'military',
      actors: ['ukraine'],
      targets: ['russia'],
      summary: 'Ukrainian troops advance into the Kursk region',
    },
    coding: { cameo: '192', codedBy: 'An analyst' },
  },
});
