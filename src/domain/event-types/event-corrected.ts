import { z } from 'zod';
import { targetStream, targetViolations } from '../about-event.ts';
import { defineEventType } from '../event-type.ts';
import { jsonObject } from '../json-object.ts';
import { modality } from '../modality.ts';
import { edtf } from '../occurred.ts';
import { eventRef } from '../reference.ts';
import { attribution, coding, grade, source } from '../source.ts';
import { stance } from '../stance.ts';
import { text } from '../text.ts';

export const EventCorrected = defineEventType({
  type: 'EventCorrected',
  family: 'about',
  summary: 'An event was recorded wrongly; from now on it reads otherwise. The first account stays in the log.',
  data: z.strictObject({
    event: eventRef,
    reason: text(1_000),
    replacement: z
      .strictObject({
        occurred: edtf.optional(),
        data: jsonObject.optional().meta({ description: 'The whole data of the corrected event.' }),
        stance: stance.nullable().optional(),
        source: source.nullable().optional(),
        attribution: attribution.nullable().optional(),
        modality: modality.nullable().optional(),
        grade: grade.nullable().optional(),
        coding: coding.nullable().optional(),
      })
      .refine(
        (parts) => Object.values(parts).some((part) => part !== undefined),
        'expected at least one part to replace',
      )
      .meta({ description: 'The parts to replace, each whole; null takes a part away.' }),
  }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: (event, known) => targetViolations(event, known, ['EventCorrected', 'EventRetracted']),
  example: {
    occurred: '2024-11-18',
    data: {
      event: '0193302f-1c00-7000-8000-000000000001',
      reason: 'The host’s own communiqué gives other days',
      replacement: { occurred: '2024-06-15/2024-06-16' },
    },
  },
});
