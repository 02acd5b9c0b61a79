import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { issueRef } from '../reference.ts';
import { text } from '../text.ts';

export const IssueReworded = defineEventType({
  type: 'IssueReworded',
  family: 'registry',
  summary: 'An issue’s proposition is put in other words; positions stay where they are.',
  data: z.strictObject({ issue: issueRef, proposition: text(500), description: text(5_000).optional() }),
  stance: 'none',
  stream: (event) => `issue-${event.data.issue}`,
  cameo: () => null,
  example: {
    occurred: '2024-11-15',
    data: { issue: 'nato-membership', proposition: 'Ukraine should be free to join NATO' },
  },
});
