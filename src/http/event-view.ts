// A recorded event as the API shows it: every part there, null where nothing was said.
import { z } from 'zod';
import { codingOf } from '../domain/codings/coding-of.ts';
import type { RecordedEvent } from '../domain/event.ts';
import { countsAsFact } from '../domain/event-type.ts';
import type { Fact } from '../domain/fact.ts';
import { modality } from '../domain/modality.ts';
import { parseOccurred, PRECISIONS } from '../domain/occurred.ts';
import { codingView, EXAMPLE_CODING } from './coding-view.ts';
import { attribution, grade, source } from '../domain/source.ts';
import { stance } from '../domain/stance.ts';

export const occurredView = z
  .object({
    edtf: z.string().meta({ description: 'As written.' }),
    earliest: z.string().nullable().meta({ description: 'The first day it can mean; null where that is open.' }),
    latest: z.string().nullable().meta({ description: 'The last day it can mean; null where that is open.' }),
    precision: z.enum(PRECISIONS),
    approximate: z.boolean(),
    uncertain: z.boolean(),
  })
  .meta({ id: 'Occurred', description: 'When it happened in the world.' });

const recordedShape = {
  id: z.string(),
  type: z.string(),
  sequence: z.int().meta({ description: 'The place in the whole log: dense from 1, in commit order.' }),
  stream: z.string(),
  version: z.int().meta({ description: 'The place in the stream: dense from 1.' }),
  occurred: occurredView,
  recorded: z.string().meta({ description: 'When the log took it; RFC 3339, UTC.' }),
  recordedBy: z
    .string()
    .meta({ description: 'By `key:7`, by `subject@issuer` of a token, or `local`: where nobody needs either.' }),
  data: z.record(z.string(), z.unknown()).meta({ description: 'As GET /v1/event-types/{type} describes it.' }),
  source: source.nullable(),
  attribution: attribution.nullable(),
  modality,
  grade: grade.nullable(),
  coding: codingView.nullable(),
  stance: stance.nullable(),
  correlationId: z.string().nullable(),
  causationId: z.string().nullable(),
  counted: z.boolean().meta({
    description: 'Whether it sets a position or counts as held: only what is asserted or reported does.',
  }),
  hash: z.string().meta({ description: 'SHA-256 over this event and the hash of the one before.' }),
  redacted: z.int().nullable().meta({
    description:
      'The sequence of its redaction, if what it said was removed by law: `data` is empty then, and all else that it said is null.',
  }),
};

export const EXAMPLE_EVENT = {
  id: '01932c00-0000-7000-8000-000000000001',
  type: 'CallHeld',
  sequence: 42,
  stream: 'call-01932c00-0000-7000-8000-000000000001',
  version: 1,
  occurred: {
    edtf: '2024-11-15',
    earliest: '2024-11-15',
    latest: '2024-11-15',
    precision: 'day',
    approximate: false,
    uncertain: false,
  },
  recorded: '2024-11-16T08:00:00.000Z',
  recordedBy: 'local',
  data: {
    participants: ['olaf-scholz', 'vladimir-putin'],
    initiator: 'germany',
    channel: 'telephone',
    durationMinutes: 60,
  },
  source: { title: 'Report on the call of 15 November 2024', language: 'en' },
  attribution: null,
  modality: 'asserted',
  grade: null,
  coding: EXAMPLE_CODING,
  stance: null,
  correlationId: null,
  causationId: null,
  counted: true,
  hash: '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9',
  redacted: null,
} as const;

export const recordedEvent = z.object(recordedShape).meta({ id: 'RecordedEvent', examples: [EXAMPLE_EVENT] });

/** An event as it reads now, and the sequences of what was said about it. */
export const factShape = {
  ...recordedShape,
  corrections: z.array(z.int()).meta({ description: 'The sequences of the corrections that made it read like this.' }),
  retracted: z.int().nullable().meta({ description: 'The sequence of its retraction, if it was taken back.' }),
};

export const EXAMPLE_FACT = { ...EXAMPLE_EVENT, corrections: [], retracted: null };

/** A fact as every list shows it. */
export const factShown = z.object(factShape).meta({ id: 'Fact', examples: [EXAMPLE_FACT] });

export const listedEvent = z
  .object({
    ...factShape,
    window: z.enum(['contained', 'overlap']).nullable().meta({
      description: 'Where a window was asked for: whether the date lies within, or is too imprecise to say so.',
    }),
  })
  .meta({
    id: 'ListedEvent',
    examples: [{ ...EXAMPLE_FACT, window: null }],
  });

export const eventWithHistory = z
  .object({
    ...factShape,
    about: z
      .array(factShown)
      .meta({ description: 'Every event about this one: corrections, retractions, corroborations and disputes.' }),
    mentions: z
      .array(factShown)
      .meta({ description: 'The corroborations that stand: further reports of the same fact.' }),
    disputes: z.array(factShown).meta({ description: 'The disputes that stand: rival accounts of it.' }),
  })
  .meta({
    id: 'EventWithHistory',
    examples: [{ ...EXAMPLE_FACT, about: [], mentions: [], disputes: [] }],
  });

export function recordedView(event: RecordedEvent) {
  return {
    id: event.id,
    type: event.type,
    sequence: event.sequence,
    stream: event.stream,
    version: event.version,
    occurred: parseOccurred(event.occurred),
    recorded: event.recorded,
    recordedBy: event.recordedBy,
    data: event.data,
    source: event.source ?? null,
    attribution: event.attribution ?? null,
    modality: event.modality ?? ('asserted' as const),
    grade: event.grade ?? null,
    coding: codingOf(event),
    stance: event.stance ?? null,
    correlationId: event.correlationId ?? null,
    causationId: event.causationId ?? null,
    counted: event.redacted === undefined && countsAsFact(event),
    hash: event.hash,
    redacted: event.redacted ?? null,
  };
}

export function factView(fact: Fact) {
  return { ...recordedView(fact), corrections: fact.corrections, retracted: fact.retracted };
}
