import { z } from 'zod';
import { defineEventType, ownStream } from '../event-type.ts';
import { issueRef } from '../reference.ts';
import { utterance } from '../utterance.ts';

const { issues: _, ...said } = utterance;

export const PositionWithdrawn = defineEventType({
  type: 'PositionWithdrawn',
  family: 'utterance',
  summary: 'An actor no longer holds its position on an issue, and has taken no other.',
  data: z.strictObject({ ...said, issue: issueRef }),
  stance: 'none',
  stream: ownStream('statement'),
  cameo: () => '010',
  example: {
    occurred: '2024-12-01',
    data: {
      speaker: 'ukraine',
      issue: 'territorial-settlement',
      summary: 'Kyiv takes back its refusal and keeps its answer open',
    },
  },
});
