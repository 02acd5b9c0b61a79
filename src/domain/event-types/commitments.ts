// What actors promise, what becomes of it, and the aid they give: promise and delivery are events of their own.
import { z } from 'zod';
import { bearsOn } from '../bears-on.ts';
import { defineEventType, ownStream, typeViolations } from '../event-type.ts';
import type { StatusOf } from '../ledger.ts';
import { amount, currency, withCurrency } from '../money.ts';
import { edtf } from '../occurred.ts';
import { actorRef, eventRef } from '../reference.ts';
import { text } from '../text.ts';
import { saidTo, utterance } from '../utterance.ts';

const COMMITMENT = '01932c00-0000-7000-8000-000000000026';

const PROMISES = {
  military_aid: '0332',
  economic_aid: '0331',
  humanitarian_aid: '0333',
  talks: '036',
  cooperation: '030',
};

export const CommitmentMade = defineEventType({
  type: 'CommitmentMade',
  family: 'commitment',
  summary: 'An actor promised something.',
  data: utterance({
    kind: z.enum(Object.keys(PROMISES) as [keyof typeof PROMISES]).optional(),
    amount: amount.optional(),
    currency: currency.optional(),
    due: edtf.optional().meta({ description: 'By when, or for what period.' }),
  }).refine(...withCurrency),
  stance: 'optional',
  stream: ownStream('commitment'),
  cameo: ({ kind = 'cooperation' }) => PROMISES[kind],
  // What several promise together they promise each other as well.
  dyad: (data) => {
    const { from, to } = saidTo(data);
    return { from, to: from.length > 1 ? [...new Set([...to, ...from])] : to };
  },
  example: {
    occurred: '2024-11-15',
    data: { speaker: 'germany', addressees: ['ukraine'], summary: 'Germany goes on helping Ukraine to defend itself' },
    stance: { issue: 'military-aid-to-ukraine', position: 2, firmness: 'firm' },
  },
});

const UPDATES = {
  in_the_works: '014',
  stalled: '012',
  compromised: '080',
  kept: '060',
  broken: '120',
  withdrawn: '120',
} satisfies Record<Exclude<StatusOf<'commitment'>, 'promised' | 'unconfirmed'>, string>;

export const CommitmentUpdated = defineEventType({
  type: 'CommitmentUpdated',
  family: 'commitment',
  summary: 'A commitment is on its way, stalled, kept in part, kept, broken or withdrawn.',
  data: z.strictObject({
    commitment: eventRef,
    status: z.enum(Object.keys(UPDATES) as [keyof typeof UPDATES]),
    summary: text(2_000),
    issues: bearsOn,
  }),
  stance: 'none',
  stream: (event, known) => known.fact(event.data.commitment)!.stream,
  cameo: ({ status }) => UPDATES[status],
  rule: ({ data }, known) => typeViolations('/data/commitment', known.fact(data.commitment)!, ['CommitmentMade']),
  example: {
    occurred: '2024-11-18',
    data: { commitment: COMMITMENT, status: 'in_the_works', summary: 'The next delivery is on its way' },
  },
});

const AID = {
  military: { more: '072', less: '1622' },
  economic: { more: '071', less: '1621' },
  humanitarian: { more: '073', less: '1623' },
  any: { more: '070', less: '162' },
};

export const AidChanged = defineEventType({
  type: 'AidChanged',
  family: 'commitment',
  summary: 'Aid was begun, raised, lowered or stopped: as planned, or as delivered.',
  data: z
    .strictObject({
      donor: actorRef,
      recipient: actorRef,
      kind: z.enum(['military', 'economic', 'humanitarian']).optional(),
      direction: z.enum(['started', 'increased', 'unchanged', 'reduced', 'stopped']),
      stage: z
        .enum(['planned', 'allocated', 'delivered'])
        .optional()
        .meta({ description: 'How far the money has come.' }),
      amount: amount.optional().meta({ description: 'What it comes to now, for the period.' }),
      currency: currency.optional(),
      ratio: z.number().min(0).max(1_000).optional().meta({ description: 'Against what it was before: 0.5 is half.' }),
      period: edtf.optional().meta({ description: 'The time that the amount is for.' }),
      commitment: eventRef.optional().meta({ description: 'The commitment that this keeps or breaks.' }),
      summary: text(2_000),
      issues: bearsOn,
    })
    .refine(({ donor, recipient }) => donor !== recipient, {
      path: ['recipient'],
      error: 'expected somebody other than the donor',
    })
    .refine(...withCurrency),
  stance: 'none',
  stream: (event, known) =>
    event.data.commitment === undefined ? `aid-${event.id}` : known.fact(event.data.commitment)!.stream,
  cameo: ({ kind, direction }) =>
    AID[kind ?? 'any'][direction === 'reduced' || direction === 'stopped' ? 'less' : 'more'],
  dyad: ({ donor, recipient }) => ({ from: [donor], to: [recipient] }),
  rule: ({ data: { commitment } }, known) =>
    commitment === undefined ? [] : typeViolations('/data/commitment', known.fact(commitment)!, ['CommitmentMade']),
  example: {
    occurred: '2024',
    data: {
      donor: 'germany',
      recipient: 'ukraine',
      kind: 'military',
      direction: 'reduced',
      stage: 'planned',
      amount: 4_000_000_000,
      currency: 'EUR',
      ratio: 0.5,
      period: '2025',
      summary: 'The draft budget halves the aid',
    },
  },
});
