import { z } from 'zod';
import { defineEventType, ownStream } from '../event-type.ts';
import { utterance } from '../utterance.ts';

export const PositionStated = defineEventType({
  type: 'PositionStated',
  family: 'utterance',
  summary: 'An actor said where it stands on an issue.',
  data: z.strictObject(utterance),
  stance: 'required',
  stream: ownStream('statement'),
  cameo: () => '010',
  example: {
    occurred: '2024-11~',
    data: { speaker: 'ukraine', summary: 'Kyiv rules out leaving occupied land to Russia' },
    stance: { issue: 'territorial-settlement', position: -2, firmness: 'red_line' },
  },
});
