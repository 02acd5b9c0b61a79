import { z } from 'zod';
import { defineEventType, ownStream } from '../event-type.ts';
import { utterance } from '../utterance.ts';

export const DemandStated = defineEventType({
  type: 'DemandStated',
  family: 'utterance',
  summary: 'An actor asked others to do something, from an appeal to an ultimatum.',
  data: z.strictObject({
    ...utterance,
    force: z.enum(['appeal', 'urge', 'demand', 'insist', 'condition', 'ultimatum']),
    kind: z
      .enum(['substantive', 'precondition'])
      .optional()
      .meta({ description: 'A precondition must be met before talks; `substantive` where nothing is said.' }),
  }),
  stance: 'optional',
  stream: ownStream('demand'),
  cameo: ({ force }) => (force === 'ultimatum' ? '139' : force === 'appeal' || force === 'urge' ? '020' : '100'),
  rule: ({ data }) => {
    const own = (data.addressees ?? []).indexOf(data.speaker);
    if (own < 0) return [];
    return [
      {
        pointer: `/data/addressees/${own}`,
        found: 'the speaker',
        expected: 'somebody else: nobody demands of oneself',
      },
    ];
  },
  example: {
    occurred: '2024-11-15',
    data: {
      speaker: 'olaf-scholz',
      addressees: ['vladimir-putin'],
      force: 'urge',
      summary: 'Russia should withdraw its troops and end the war',
    },
    stance: { issue: 'troop-withdrawal', position: 2, firmness: 'firm' },
  },
});
