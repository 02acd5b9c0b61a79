// What facts rest on: how many independent sources, which of them are named, what grade they have, and who disputes them.
import { z } from 'zod';
import type { Fact } from '../../domain/fact.ts';
import { slug } from '../../domain/reference.ts';
import { attribution, source } from '../../domain/source.ts';
import type { Content } from '../../domain/vocabulary.ts';
import { placeOf } from '../../projections/place.ts';
import type { SourcedFact } from '../../projections/sourcing/find-sourcing.ts';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { occurredCursor, readCursor } from '../cursor.ts';
import { EXAMPLE_FACT, factShown, factView } from '../event-view.ts';
import { pageOf, toPage } from '../page.ts';
import { cursor, flag, limit, listOf, moment, typeName, wholeNumber } from '../parameters.ts';
import { fieldProblem } from '../problem.ts';
import { requireActor } from '../require-slug.ts';
import { pageAnswer, problems } from '../responses.ts';

const EXAMPLE_EVIDENCE = {
  fact: EXAMPLE_FACT,
  mentions: 3,
  sources: 2,
  anonymous: ['durationMinutes', 'initiator'],
  grade: { reliability: 'B', credibility: 2 },
  disputes: [],
};
const dispute = z.object({
  event: z.string(),
  sequence: z.int(),
  by: z.string().nullable().meta({ description: 'Who disputes it.' }),
  summary: z.string().meta({ description: 'The rival account.' }),
  account: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: 'What it gives otherwise: the date, and fields of the data.' }),
  source: source.nullable(),
  attribution: attribution.nullable(),
});
const evidence = z
  .object({
    fact: factShown,
    mentions: z.int().meta({ description: 'Reports of the fact, its own source among them.' }),
    sources: z.int().meta({ description: 'Independent sources: publishers that do not repeat another report.' }),
    anonymous: z
      .union([z.literal('whole'), z.array(z.string())])
      .nullable()
      .meta({
        description:
          'What rests on anonymous sources only: the whole fact, or fields of its data; null where nothing does.',
      }),
    grade: z
      .object({ reliability: z.string().nullable(), credibility: z.int().nullable() })
      .meta({ description: 'The best of the Admiralty code over all reports, its two fields apart.' }),
    disputes: z.array(dispute).meta({ description: 'Rival accounts; the fact itself is kept as it was told.' }),
  })
  .meta({ id: 'Evidence', examples: [EXAMPLE_EVIDENCE] });

export function evidenceRoutes(app: App, api: Api): void {
  app.get(
    '/v1/evidence',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listEvidence',
        tags: ['Events'],
        summary: 'What facts rest on',
        description:
          'Facts by date, each with its mentions, its independent sources, what of it only anonymous sources tell, the best grade, and ' +
          'rival accounts.',
        querystring: z.strictObject({
          type: listOf(typeName, 'One of these event types; with commas, or given several times.'),
          actor: listOf(slug, 'All of these actors take part; with commas, or given several times.'),
          anonymous: flag.meta({
            description: 'Facts that rest, wholly or in part, on anonymous sources only; or all others.',
          }),
          disputed: flag.meta({ description: 'Facts that are disputed, or all others.' }),
          minSources: wholeNumber.meta({ description: 'At least so many independent sources.' }),
          maxSources: wholeNumber.meta({ description: 'At most so many independent sources.' }),
          ...moment,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(pageOf(evidence, 'EvidencePage', EXAMPLE_EVIDENCE), 'A page of facts.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { type: types, actor: actors, limit: size, ...rest } = request.query;
      const { minSources = 0, maxSources = minSources } = rest;
      if (minSources > maxSources)
        throw fieldProblem('invalid_request', [
          { parameter: 'maxSources', found: String(maxSources), expected: `${minSources} or more` },
        ]);
      const asked = await api.asking.prepare('sourcing', request.query);
      for (const actor of actors ?? []) await requireActor(api.registry, actor);
      const found = await api
        .models(asked)
        .sourcing.list({ ...rest, types, actors }, asked, readCursor(request, occurredCursor), size + 1);
      const page = toPage(request, reply, reflected(found, asked), size, ({ fact }) => placeOf(fact));
      return { ...page, items: page.items.map(evidenceView) };
    },
  );
}

function evidenceView({ fact, disputes, ...rest }: SourcedFact) {
  return { fact: factView(fact), ...rest, disputes: disputes.map(disputeView) };
}

function disputeView(fact: Fact) {
  const {
    id,
    sequence,
    data,
    source: document = null,
    attribution: chain = null,
  } = fact as Fact<Content<'EventDisputed'>>;
  const { by = null, summary, account = null } = data;
  return { event: id, sequence, by, summary, account, source: document, attribution: chain };
}
