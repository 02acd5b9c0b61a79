// Where actors stand on issues, and how they came to stand there.
import { z } from 'zod';
import type { Api, App } from '../api.ts';
import { assertion, assertionCursor, EXAMPLE_ASSERTION, placeOfAssertion } from '../assertion-view.ts';
import { reflected } from '../asking.ts';
import { readCursor, slugCursor } from '../cursor.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { actorPath, cursor, issuePath, limit, moment } from '../parameters.ts';
import { requireActor, requireIssue } from '../require-slug.ts';
import { pageAnswer, problems } from '../responses.ts';

const position = z
  .object({
    actor: z.string(),
    issue: z.string(),
    at: z.string().nullable(),
    knownAt: z.int().nullable().meta({ description: 'As a sequence.' }),
    projectionRun: z.int().nullable().meta({ description: 'The what-if that was asked; null for what is live.' }),
    sequence,
    current: assertion
      .nullable()
      .meta({ description: 'The assertion that holds; null where there is none, or it was withdrawn.' }),
    conditionsInForce: z.array(z.string()).meta({
      description: 'What the current position is tied to: conditions added since it was new, less those dropped.',
    }),
    series: z.array(assertion).meta({ description: 'A page of the series, by date, earliest day first.' }),
    next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
    countedFor: z.array(z.string()).meta({
      description:
        'Whom the actor’s own words on the issue count for, where that is somebody else: ask for its position.',
    }),
  })
  .meta({
    id: 'Position',
    examples: [
      {
        actor: 'russia',
        issue: 'territorial-settlement',
        at: '2024-11-15',
        knownAt: null,
        projectionRun: null,
        sequence: 96,
        current: EXAMPLE_ASSERTION,
        conditionsInForce: [],
        series: [EXAMPLE_ASSERTION],
        next: null,
        countedFor: [],
      },
    ],
  });

const positionPage = pageOf(assertion, 'PositionPage', EXAMPLE_ASSERTION);

export function positionRoutes(app: App, api: Api): void {
  app.get(
    '/v1/positions/:actor/:issue',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getPosition',
        tags: ['Positions'],
        summary: 'How a position evolved',
        description:
          'The position of an actor on an issue and the classed series behind it, page by page, each assertion with its evidence. `at` ' +
          'asks where it stood on a day, `knownAt` what the log knew of it. All but `series` is the same on every page.',
        params: actorPath.extend(issuePath.shape),
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(position, 'The position and a page of its series.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { actor, issue } = request.params;
      const { limit: size } = request.query;
      const asked = await api.asking.prepare('positions', request.query);
      await requireActor(api.registry, actor);
      await requireIssue(api.registry, issue);
      const found = await api
        .models(asked)
        .positions.series(actor, issue, asked, readCursor(request, assertionCursor), size + 1);
      const { current, conditionsInForce, countedFor } = found;
      const { items: series, next, sequence } = toPage(request, reply, reflected(found, asked), size, placeOfAssertion);
      return { actor, issue, ...asked, sequence, current, conditionsInForce, series, next, countedFor };
    },
  );

  app.get(
    '/v1/issues/:issue/positions',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listPositionsOnIssue',
        tags: ['Positions'],
        summary: 'Who stands where on an issue',
        description: 'The last assertion of each actor that has taken a position on the issue, by actor.',
        params: issuePath,
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(positionPage, 'A page of positions.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { issue } = request.params;
      const asked = await api.asking.prepare('positions', request.query);
      await requireIssue(api.registry, issue);
      const after = readCursor(request, slugCursor) ?? '';
      const found = await api.models(asked).positions.onIssue(issue, asked, after, request.query.limit + 1);
      return toPage(request, reply, reflected(found, asked), request.query.limit, ({ principal }) => principal);
    },
  );

  app.get(
    '/v1/actors/:actor/positions',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listPositionsOfActor',
        tags: ['Positions'],
        summary: 'Where an actor stands on all issues',
        description: 'The last assertion of the actor on each issue that it has taken a position on, by issue.',
        params: actorPath,
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(positionPage, 'A page of positions.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { actor } = request.params;
      const asked = await api.asking.prepare('positions', request.query);
      await requireActor(api.registry, actor);
      const after = readCursor(request, slugCursor) ?? '';
      const found = await api.models(asked).positions.ofPrincipal(actor, asked, after, request.query.limit + 1);
      return toPage(request, reply, reflected(found, asked), request.query.limit, ({ issue }) => issue);
    },
  );
}
