import { z } from 'zod';
import { targetStream, targetViolations } from '../about-event.ts';
import { defineEventType } from '../event-type.ts';
import { eventRef } from '../reference.ts';
import { text } from '../text.ts';

export const EventRetracted = defineEventType({
  type: 'EventRetracted',
  family: 'about',
  summary:
    'An event should not have been recorded: it leaves every view and stays in the log. A retracted correction is undone.',
  data: z.strictObject({ event: eventRef, reason: text(1_000) }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: (event, known) => targetViolations(event, known, ['EventRetracted']),
  example: {
    occurred: '2024-11-18',
    data: { event: '0193302f-1c00-7000-8000-000000000001', reason: 'The paper withdrew its report' },
  },
});
