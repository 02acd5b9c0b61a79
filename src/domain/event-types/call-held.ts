import { z } from 'zod';
import { bearsOn } from '../bears-on.ts';
import { defineEventType, ownStream } from '../event-type.ts';
import { partyViolations } from '../encounter.ts';
import { actorRef, actorRefs } from '../reference.ts';
import { text } from '../text.ts';

export const CallHeld = defineEventType({
  type: 'CallHeld',
  family: 'encounter',
  summary: 'Two or more actors spoke by telephone or video.',
  data: z.strictObject({
    participants: actorRefs(2),
    initiator: actorRef.optional().meta({ description: 'A participant, or whom one of them speaks for.' }),
    channel: z.enum(['telephone', 'video']).optional(),
    durationMinutes: z.int().min(1).max(10_080).optional(),
    durationApproximate: z.boolean().optional(),
    topics: z.array(text(200)).min(1).max(50).optional(),
    issues: bearsOn,
    summary: text(2_000).optional(),
  }),
  stance: 'none',
  stream: ownStream('call'),
  cameo: () => '041',
  rule: (event, known) => partyViolations(event, 'initiator', known),
  upcasts: [
    {
      // Version 1 had one topic in a text.
      example: { participants: ['olaf-scholz', 'vladimir-putin'], channel: 'telephone', topic: 'the war' },
      data: ({ topic, ...rest }) => (topic === undefined ? rest : { ...rest, topics: [topic] }),
    },
  ],
  example: {
    occurred: '2024-11-15',
    data: {
      participants: ['olaf-scholz', 'vladimir-putin'],
      initiator: 'germany',
      channel: 'telephone',
      durationMinutes: 60,
      topics: ['the course of the war'],
    },
    source: {
      publisher: 'A newspaper',
      url: 'https://example.org/call',
      published: '2024-11-15',
      language: 'en',
    },
    attribution: [{ label: 'German government sources', record: 'anonymous', quote: 'indirect' }],
    grade: { reliability: 'B', credibility: 2 },
  },
});
