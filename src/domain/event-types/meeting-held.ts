import { z } from 'zod';
import { bearsOn } from '../bears-on.ts';
import { partyViolations } from '../encounter.ts';
import { defineEventType, ownStream } from '../event-type.ts';
import { actorRef, actorRefs } from '../reference.ts';
import { text } from '../text.ts';

export const MeetingHeld = defineEventType({
  type: 'MeetingHeld',
  family: 'encounter',
  summary: 'Two or more actors met in person.',
  data: z.strictObject({
    participants: actorRefs(2),
    host: actorRef.optional().meta({ description: 'A participant, or whom one of them speaks for.' }),
    format: z.enum(['bilateral', 'multilateral', 'summit', 'visit']).optional(),
    place: text(200).optional(),
    outcome: text(1_000).optional(),
    topics: z.array(text(200)).min(1).max(50).optional(),
    issues: bearsOn,
    summary: text(2_000).optional(),
  }),
  stance: 'none',
  stream: ownStream('meeting'),
  cameo: (data) => (data.format === 'visit' ? '042' : '040'),
  rule: (event, known) => partyViolations(event, 'host', known),
  example: {
    occurred: '2022-02-15',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], format: 'visit', place: 'Moscow' },
  },
});
