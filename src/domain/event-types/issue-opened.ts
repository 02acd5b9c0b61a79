import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { slug } from '../reference.ts';
import { text } from '../text.ts';

export const IssueOpened = defineEventType({
  type: 'IssueOpened',
  family: 'registry',
  summary: 'A proposition that one can agree or disagree with got a slug.',
  data: z.strictObject({
    issue: slug,
    proposition: text(500).meta({ description: 'A sentence one can support or oppose.' }),
    description: text(5_000).optional(),
  }),
  stance: 'none',
  stream: (event) => `issue-${event.data.issue}`,
  cameo: () => null,
  rule: ({ data }, known) =>
    known.hasIssue(data.issue)
      ? [
          {
            pointer: '/data/issue',
            found: `"${data.issue}", which is open already`,
            expected: 'a slug that is not taken; to change its words, record IssueReworded',
          },
        ]
      : [],
  example: {
    occurred: '2024-11-15',
    data: { issue: 'nato-membership', proposition: 'Ukraine should be able to join NATO' },
  },
});
