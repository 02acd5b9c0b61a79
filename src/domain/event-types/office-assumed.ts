import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { actorRef } from '../reference.ts';
import { text } from '../text.ts';

export const OfficeAssumed = defineEventType({
  type: 'OfficeAssumed',
  family: 'registry',
  summary: 'An actor took up an office; what it says in office counts for the actor the office belongs to.',
  data: z.strictObject({
    actor: actorRef,
    office: text(200).meta({ description: 'The title, such as "Federal Chancellor".' }),
    of: actorRef.meta({ description: 'The actor the office belongs to.' }),
  }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }) =>
    data.actor === data.of
      ? [
          {
            pointer: '/data/of',
            found: 'the office holder itself',
            expected: 'the actor the office belongs to',
          },
        ]
      : [],
  example: {
    occurred: '2021-12-08',
    data: { actor: 'olaf-scholz', office: 'Federal Chancellor', of: 'germany' },
  },
});
