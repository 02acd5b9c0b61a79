import { z } from 'zod';
import { defineEventType, ownStream } from '../event-type.ts';
import { actorRef, eventRef } from '../reference.ts';
import { text } from '../text.ts';
import { utterance } from '../utterance.ts';

export const ReactionIssued = defineEventType({
  type: 'ReactionIssued',
  family: 'utterance',
  summary: 'An actor welcomed or condemned an event, a conduct or a proposal.',
  data: z.strictObject({
    ...utterance,
    to: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('event'), event: eventRef }),
        z.strictObject({ kind: z.literal('conduct'), of: actorRef.optional(), description: text(500) }),
        z.strictObject({ kind: z.literal('proposal'), of: actorRef.optional(), description: text(500) }),
      ])
      .meta({ description: 'What is reacted to: a recorded event, or a conduct or proposal in words.' }),
    sentiment: z
      .int()
      .min(-2)
      .max(2)
      .meta({ description: '−2 condemned, −1 criticised, 0 took note, +1 approved, +2 welcomed.' }),
  }),
  stance: 'optional',
  stream: ownStream('reaction'),
  cameo: ({ sentiment }) => (sentiment < 0 ? '111' : sentiment > 0 ? '051' : '010'),
  example: {
    occurred: '2024-11-15~',
    data: {
      speaker: 'volodymyr-zelenskiy',
      to: { kind: 'event', event: '0193302f-1c00-7000-8000-000000000001' },
      sentiment: -2,
      summary: 'The call weakens Russia’s isolation',
    },
    stance: { issue: 'direct-contact-with-putin', position: -2, firmness: 'firm' },
  },
});
