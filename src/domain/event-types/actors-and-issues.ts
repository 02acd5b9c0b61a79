// Who acts, in which office, and what about: actors, offices and issues.
import { z } from 'zod';
import { actorKind } from '../actor-kind.ts';
import { defineEventType } from '../event-type.ts';
import { actorRef, issueRef, slug } from '../reference.ts';
import { text } from '../text.ts';

export const ActorRegistered = defineEventType({
  type: 'ActorRegistered',
  family: 'registry',
  summary: 'An actor got a slug, by which every other event names it.',
  data: z.strictObject({
    actor: slug,
    kind: actorKind,
    name: text(200),
    represents: actorRef
      .optional()
      .meta({ description: 'The actor this institution speaks for (the Kremlin: russia).' }),
    aliases: z.array(text(200)).min(1).max(100).optional(),
    iso3166: z
      .string()
      .regex(/^[A-Z]{2}$/, 'expected an ISO 3166-1 alpha-2 code such as DE')
      .optional(),
    wikidata: z
      .string()
      .regex(/^Q[1-9][0-9]{0,11}$/, 'expected a Wikidata item such as Q183')
      .optional(),
  }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }, known) =>
    known.hasActor(data.actor)
      ? [
          {
            pointer: '/data/actor',
            found: `"${data.actor}", which is registered already`,
            expected: 'a slug that is not taken; to change a name, record ActorRenamed',
          },
        ]
      : [],
  example: {
    occurred: '1949-05-23',
    data: {
      actor: 'germany',
      kind: 'state',
      name: 'Germany',
      aliases: ['Berlin'],
      iso3166: 'DE',
      wikidata: 'Q183',
    },
  },
});

export const ActorRenamed = defineEventType({
  type: 'ActorRenamed',
  family: 'registry',
  summary: 'An actor goes by another name from a date on, or by further spellings; its slug stays.',
  data: z
    .strictObject({
      actor: actorRef,
      name: text(200).optional().meta({ description: 'The name from now on; the former one stays as an alias.' }),
      aliases: z.array(text(200)).min(1).max(100).optional().meta({ description: 'Spellings to add.' }),
    })
    .refine((data) => data.name !== undefined || data.aliases !== undefined, 'expected a name, aliases, or both'),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  example: {
    occurred: '2024-11-15',
    data: { actor: 'volodymyr-zelenskiy', aliases: ['Zelensky', 'Zelenskyy', 'Selenskyj'] },
  },
});

export const OfficeAssumed = defineEventType({
  type: 'OfficeAssumed',
  family: 'registry',
  summary: 'An actor took up an office; what it says in office counts for the actor the office belongs to.',
  data: z.strictObject({
    actor: actorRef,
    office: text(200).meta({ description: 'The title, such as "Federal Chancellor".' }),
    of: actorRef.meta({ description: 'The actor the office belongs to.' }),
  }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }) =>
    data.actor === data.of
      ? [
          {
            pointer: '/data/of',
            found: 'the office holder itself',
            expected: 'the actor the office belongs to',
          },
        ]
      : [],
  example: {
    occurred: '2021-12-08',
    data: { actor: 'olaf-scholz', office: 'Federal Chancellor', of: 'germany' },
  },
});

export const OfficeVacated = defineEventType({
  type: 'OfficeVacated',
  family: 'registry',
  summary: 'An actor left an office; from that day on it no longer speaks in it.',
  data: z.strictObject({ actor: actorRef, office: text(200), of: actorRef }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }, known) => {
    const assumed = known.officeRecords(data.actor).filter(({ change }) => change === 'assumed');
    if (assumed.some(({ office, of }) => office === data.office && of === data.of)) return [];
    const offices = assumed.map(({ office, of }) => `"${office}" of ${of}`);
    return [
      {
        pointer: '/data/office',
        found: `"${data.office}" of ${data.of}, which ${data.actor} is not recorded to have assumed`,
        expected: offices.length > 0 ? `one of ${offices.join(', ')}` : 'an office recorded by OfficeAssumed',
      },
    ];
  },
  example: {
    occurred: '2025-05-06',
    data: { actor: 'olaf-scholz', office: 'Federal Chancellor', of: 'germany' },
  },
});

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
