// What is said about recorded events: corroborated, corrected, disputed, taken back.
import { z } from 'zod';
import { redactionViolations, targetStream, targetViolations } from '../about-event.ts';
import { defineEventType } from '../event-type.ts';
import { ABOUT_EVENTS } from '../fact.ts';
import { jsonObject } from '../json-object.ts';
import { modality } from '../modality.ts';
import { edtf } from '../occurred.ts';
import { actorRef, eventRef } from '../reference.ts';
import { attribution, coding, grade, source } from '../source.ts';
import { stance } from '../stance.ts';
import { text } from '../text.ts';

const CALL = '0193302f-1c00-7000-8000-000000000001';

const OF_THE_WORLD = {
  refused: ABOUT_EVENTS,
  expected: 'an event about the world; to put right what was said about one, retract it and record it anew',
};

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
  rule: (event, known) => targetViolations(event, known, OF_THE_WORLD),
  example: {
    occurred: '2024-11-18',
    data: {
      event: CALL,
      reason: 'The host’s own communiqué gives other days',
      replacement: { occurred: '2024-06-15/2024-06-16' },
    },
  },
});

export const EventRetracted = defineEventType({
  type: 'EventRetracted',
  family: 'about',
  summary:
    'An event should not have been recorded: it leaves every view and stays in the log. A retracted correction is undone.',
  data: z.strictObject({ event: eventRef, reason: text(1_000) }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: (event, known) =>
    targetViolations(event, known, {
      refused: ['EventRedacted', 'EventRetracted'],
      expected: 'an event that can be taken back; to restore a fact, record it anew',
    }),
  example: {
    occurred: '2024-11-18',
    data: { event: CALL, reason: 'The paper withdrew its report' },
  },
});

export const EventRedacted = defineEventType({
  type: 'EventRedacted',
  family: 'about',
  summary:
    'What an event says was removed because the law demands it. The event leaves every view, at every time; its place in the log ' +
    'and its hashes stay.',
  data: z.strictObject({
    event: eventRef,
    reason: text(1_000).meta({ description: 'Why, in words that may be read by everybody and for ever.' }),
    legalBasis: text(500).meta({ description: 'The provision or the ruling that demands it.' }),
    authority: text(500).optional().meta({ description: 'Who has ordered it.' }),
    reference: text(200).optional().meta({ description: 'The number of the case.' }),
  }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: redactionViolations,
  example: {
    occurred: '2024-11-20',
    data: {
      event: CALL,
      reason: 'The report names a person who must not be named',
      legalBasis: 'GDPR, Article 17(1)(d)',
      authority: 'Data Protection Commissioner',
      reference: '2024/1187',
    },
  },
});

export const EventCorroborated = defineEventType({
  type: 'EventCorroborated',
  family: 'about',
  summary: 'Another source reports the same fact: a further mention of it, not a second fact.',
  data: z.strictObject({
    event: eventRef,
    independent: z
      .boolean()
      .optional()
      .meta({ description: 'False where the source repeats another report of it, as newspapers do with a wire.' }),
    reports: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .meta({ description: 'How many reports this stands for, where they are not told apart; else 1.' }),
    summary: text(2_000).optional(),
  }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: (event, known) => targetViolations(event, known, OF_THE_WORLD),
  example: {
    occurred: '2024-11-15',
    data: { event: CALL, summary: 'The Kremlin tells of the call as well' },
    source: { publisher: 'President of Russia', published: '2024-11-15' },
  },
});

export const EventDisputed = defineEventType({
  type: 'EventDisputed',
  family: 'about',
  summary: 'A rival account of the same fact: both are kept.',
  data: z.strictObject({
    event: eventRef,
    by: actorRef.optional().meta({ description: 'Who disputes it.' }),
    summary: text(2_000).meta({ description: 'The rival account.' }),
    account: z
      .strictObject({ occurred: edtf.optional(), data: jsonObject.optional() })
      .optional()
      .meta({ description: 'What the rival account gives otherwise: the date, and fields of the data.' }),
  }),
  stance: 'none',
  stream: targetStream,
  cameo: () => null,
  rule: (event, known) => targetViolations(event, known, OF_THE_WORLD),
  example: {
    occurred: '2024-11-18',
    data: {
      event: CALL,
      by: 'switzerland',
      summary: 'By the host’s own account the summit was on other days',
      account: { occurred: '2024-06-15/2024-06-16' },
    },
  },
});
