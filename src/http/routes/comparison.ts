// Comparing: what moved between two dates, and who stands close to whom.
import { z } from 'zod';
import { slug } from '../../domain/reference.ts';
import { attribution, source } from '../../domain/source.ts';
import type { Api, App } from '../api.ts';
import { assertion, assertionCursor, EXAMPLE_ASSERTION, placeOfAssertion } from '../assertion-view.ts';
import { reflected } from '../asking.ts';
import { readCursor } from '../cursor.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import {
  cursor,
  day,
  digits,
  knownAt,
  limit,
  listOf,
  minSequence,
  projectionRun,
  moment,
  REQUIRED,
  requireOrder,
  splitAtCommas,
} from '../parameters.ts';
import { requireActor, requireIssue } from '../require-slug.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

/** Pairs grow with the square. */
const MAX_ACTORS = 50;
const ACTORS_EXPECTED = 'expected two actors or more, joined by commas';

const held = z.object({
  position: z.int().min(-2).max(2),
  event: z.string().meta({ description: 'The utterance that it rests on.' }),
  sequence: z.int(),
  source: source.nullable(),
  attribution: attribution.nullable(),
});
const EXAMPLE_SOURCE = {
  source: { title: 'Report on the call of 15 November 2024', language: 'en' },
  attribution: null,
};
const EXAMPLE_PAIR = {
  a: 'germany',
  b: 'ukraine',
  n: 1,
  alignment: null,
  issues: [
    {
      issue: 'direct-contact-with-putin',
      a: { position: 1, event: '01932c00-0000-7000-8000-000000000046', sequence: 120, ...EXAMPLE_SOURCE },
      b: { position: -2, event: '01932c00-0000-7000-8000-000000000040', sequence: 88, ...EXAMPLE_SOURCE },
      distance: 75,
      weight: 1,
    },
  ],
};
const pair = z.object({
  a: z.string(),
  b: z.string(),
  n: z.int().meta({ description: 'Issues on which both have a position.' }),
  alignment: z.number().nullable().meta({
    description: '100 less the mean distance, 0 to 100; null where they share fewer issues than `minOverlap`.',
  }),
  issues: z.array(
    z.object({
      issue: z.string(),
      a: held,
      b: held,
      distance: z.int().meta({ description: '0 to 100, 25 a step.' }),
      weight: z.number(),
    }),
  ),
});
const alignments = z
  .object({
    items: z.array(pair),
    minOverlap: z.int(),
    weights: z.enum(['none', 'salience']),
    at: z.string().nullable(),
    knownAt: z.int().nullable(),
    projectionRun: z.int().nullable(),
    sequence,
  })
  .meta({
    id: 'Alignments',
    examples: [
      {
        items: [EXAMPLE_PAIR],
        minOverlap: 3,
        weights: 'none',
        at: '2024-11-15',
        knownAt: null,
        projectionRun: null,
        sequence: 138,
      },
    ],
  });

export function comparisonRoutes(app: App, api: Api): void {
  app.get(
    '/v1/changes',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listChanges',
        tags: ['Positions'],
        summary: 'What moved between two dates',
        description:
          'The assertions of those days that changed a position, by date: new, withdrawn, reversed, shifted, hardened or softened ones; ' +
          'whoever said the same again did not move. An assertion counts from its first possible day on.',
        querystring: z.strictObject({
          from: day.meta({ description: 'The first day.', examples: ['2024-11-01'] }),
          to: day.meta({ description: 'The last day.', examples: ['2024-11-18'] }),
          actor: listOf(slug, 'Of these actors; with commas, or given several times.'),
          issue: listOf(slug, 'On these issues; with commas, or given several times.'),
          knownAt,
          minSequence,
          projectionRun,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(pageOf(assertion, 'ChangePage', EXAMPLE_ASSERTION), 'A page of changes.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { from, to, actor: actors, issue: issues, limit: size } = request.query;
      requireOrder(from, to);
      const asked = await api.asking.prepare('positions', request.query);
      for (const actor of actors ?? []) await requireActor(api.registry, actor);
      for (const issue of issues ?? []) await requireIssue(api.registry, issue);
      const after = readCursor(request, assertionCursor);
      const found = await api
        .models(asked)
        .positions.changes({ from, to, actors, issues }, asked.knownAt, after, size + 1);
      return toPage(request, reply, reflected(found, asked), size, placeOfAssertion);
    },
  );

  app.get(
    '/v1/alignments',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listAlignments',
        tags: ['Positions'],
        summary: 'Who stands close to whom',
        description:
          'For each pair of the actors, how close their positions are over the issues on which both have one. With `weights=salience` an ' +
          'issue weighs as much as the share that it has in what the two say, on average.',
        querystring: z.strictObject({
          actors: z
            .preprocess(splitAtCommas, z.array(slug, ACTORS_EXPECTED).min(2, ACTORS_EXPECTED).max(MAX_ACTORS))
            .refine((all) => new Set(all).size === all.length, 'expected each actor once')
            .meta({
              description: 'With commas, or given several times.',
              examples: [['germany', 'ukraine', 'russia']],
              param: REQUIRED,
            }),
          minOverlap: digits(z.int().min(1).max(1_000).default(3)).meta({
            description: 'How many issues two must share for an alignment to be told.',
          }),
          weights: z
            .enum(['none', 'salience'])
            .default('none')
            .meta({ description: 'How much the issues count against each other.' }),
          ...moment,
        }),
        response: {
          200: answer(alignments, 'Every pair, by name.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async ({ query }) => {
      const { actors, minOverlap, weights } = query;
      const asked = await api.asking.prepare('positions', query);
      for (const actor of actors) await requireActor(api.registry, actor, 'actors');
      const found = reflected(
        await api.models(asked).alignments.ofPairs(actors, { minOverlap, weights }, asked),
        asked,
      );
      return { ...asked, minOverlap, weights, ...found };
    },
  );
}
