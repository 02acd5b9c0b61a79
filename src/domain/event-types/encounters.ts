// Calls and meetings: announced, attended, held and cancelled.
import { z } from 'zod';
import { bearsOn } from '../bears-on.ts';
import {
  among,
  announced,
  announcedViolations,
  cancellationOf,
  format,
  partyViolations,
  topics,
} from '../encounter.ts';
import { countsAsFact, defineEventType, ownStream, typeViolations } from '../event-type.ts';
import { edtf } from '../occurred.ts';
import { actorRef, actorRefs, eventRef } from '../reference.ts';
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
    topics,
    announced,
    issues: bearsOn,
    summary: text(2_000).optional(),
  }),
  stance: 'none',
  stream: ownStream('call'),
  cameo: () => '041',
  dyad: among,
  rule: (event, known) => [...partyViolations(event, 'initiator', known), ...announcedViolations(event, known)],
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

export const MeetingHeld = defineEventType({
  type: 'MeetingHeld',
  family: 'encounter',
  summary: 'Two or more actors met in person.',
  data: z.strictObject({
    participants: actorRefs(2),
    host: actorRef.optional().meta({ description: 'A participant, or whom one of them speaks for.' }),
    format,
    place: text(200).optional(),
    outcome: text(1_000).optional(),
    topics,
    announced,
    issues: bearsOn,
    summary: text(2_000).optional(),
  }),
  stance: 'none',
  stream: ownStream('meeting'),
  cameo: (data) => (data.format === 'visit' ? '042' : '040'),
  dyad: among,
  rule: (event, known) => [...partyViolations(event, 'host', known), ...announcedViolations(event, known)],
  example: {
    occurred: '2022-02-15',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], format: 'visit', place: 'Moscow' },
  },
});

const ANNOUNCEMENT = '01932c00-0000-7000-8000-000000000004';

export const EncounterAnnounced = defineEventType({
  type: 'EncounterAnnounced',
  family: 'encounter',
  summary: 'A call or a meeting is to take place on that date; where it is negated, none is to.',
  data: z.strictObject({
    expected: actorRefs(1).meta({ description: 'Who is to take part.' }),
    absent: actorRefs(1).optional().meta({ description: 'Who is said to stay away.' }),
    forum: actorRef.optional().meta({ description: 'The forum or organisation that meets.' }),
    form: z.enum(['call', 'meeting']).optional(),
    format,
    place: text(200).optional(),
    topics,
    issues: bearsOn,
    summary: text(2_000),
  }),
  stance: 'none',
  stream: ownStream('encounter'),
  cameo: () => '036',
  dyad: ({ expected }) => ({ from: expected, to: expected }),
  example: {
    occurred: '2024-11-18/2024-11-19',
    data: {
      expected: ['olaf-scholz', 'xi-jinping'],
      absent: ['vladimir-putin'],
      forum: 'g20',
      format: 'summit',
      place: 'Rio de Janeiro',
      summary: 'The heads of the G20 are to meet in Brazil',
    },
    modality: 'planned',
  },
});

export const EncounterCancelled = defineEventType({
  type: 'EncounterCancelled',
  family: 'encounter',
  summary: 'An announced call or meeting was called off.',
  data: z.strictObject({
    encounter: eventRef.meta({ description: 'The announcement.' }),
    by: actorRef.optional(),
    reason: text(1_000).optional(),
    postponedTo: edtf.optional().meta({ description: 'When it is to take place instead.' }),
    summary: text(2_000),
    issues: bearsOn,
  }),
  stance: 'none',
  stream: (event, known) => known.fact(event.data.encounter)!.stream,
  cameo: () => '125',
  dyad: ({ by }) => ({ from: by === undefined ? [] : [by], to: [] }),
  rule: (event, known) => {
    const announcement = known.fact(event.data.encounter)!;
    const wrongType = typeViolations('/data/encounter', announcement, ['EncounterAnnounced']);
    if (wrongType.length > 0) return wrongType;
    const cancelled = cancellationOf(announcement, known);
    if (!cancelled || !countsAsFact(event)) return [];
    const found = `an encounter that was cancelled on ${cancelled.occurred}`;
    return [{ pointer: '/data/encounter', found, expected: 'one that is still to take place' }];
  },
  example: {
    occurred: '2024-11-16',
    data: { encounter: ANNOUNCEMENT, by: 'brazil', reason: 'a storm', summary: 'The summit is put off' },
  },
});

export const AttendanceDeclared = defineEventType({
  type: 'AttendanceDeclared',
  family: 'encounter',
  summary: 'An actor said whether it will attend.',
  data: z
    .strictObject({
      actor: actorRef,
      encounter: eventRef.optional().meta({ description: 'The announcement, where it is recorded.' }),
      forum: actorRef.optional(),
      decision: z.enum(['attends', 'declines']),
      statedReason: text(1_000).optional().meta({ description: 'The reason given, which need not be the reason.' }),
      summary: text(2_000),
      issues: bearsOn,
    })
    .refine(({ encounter, forum }) => encounter !== undefined || forum !== undefined, {
      path: ['encounter'],
      error: 'expected the announced encounter, or the forum that meets',
    }),
  stance: 'none',
  stream: (event, known) =>
    event.data.encounter === undefined ? `attendance-${event.id}` : known.fact(event.data.encounter)!.stream,
  cameo: ({ decision }) => (decision === 'attends' ? '036' : '125'),
  dyad: ({ actor, forum }) => ({ from: [actor], to: forum === undefined ? [] : [forum] }),
  rule: ({ data: { encounter } }, known) =>
    encounter === undefined ? [] : typeViolations('/data/encounter', known.fact(encounter)!, ['EncounterAnnounced']),
  example: {
    occurred: '2024-11~',
    data: {
      actor: 'vladimir-putin',
      encounter: ANNOUNCEMENT,
      forum: 'g20',
      decision: 'declines',
      statedReason: 'reasons of logistics',
      summary: 'Putin stays away',
    },
  },
});
