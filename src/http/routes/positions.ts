// Where actors stand on issues, and how they came to stand there.
import { z } from 'zod';
import { attribution, grade, source } from '../../domain/source.ts';
import { CHANGES } from '../../domain/series.ts';
import { FIRMNESSES } from '../../domain/stance.ts';
import { modality } from '../../domain/modality.ts';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { readCursor, slugCursor } from '../cursor.ts';
import { EXAMPLE_EVENT, occurredView } from '../event-view.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { actorPath, cursor, issuePath, limit, moment } from '../parameters.ts';
import { requireActor, requireIssue } from '../require-slug.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

const EXAMPLE_ASSERTION = {
  principal: 'russia',
  issue: 'territorial-settlement',
  change: 'reiterated',
  direction: null,
  delta: 0,
  position: 2,
  firmness: 'red_line',
  conditions: { added: [], dropped: [] },
  claimedReiteration: true,
  counted: true,
  modality: 'asserted',
  renewed: false,
  possible: false,
  occurred: EXAMPLE_EVENT.occurred,
  recorded: '2024-11-16T08:00:00.000Z',
  speaker: 'vladimir-putin',
  onBehalfOf: null,
  event: '01932c00-0000-7000-8000-000000000015',
  sequence: 61,
  type: 'DemandStated',
  summary: 'The allies must accept how things stand on the ground',
  quote: null,
  source: { title: 'Report on the call of 15 November 2024', language: 'en' },
  attribution: [{ actor: 'kremlin', record: 'on_record', quote: 'indirect' }],
  grade: null,
  previous: '01932c00-0000-7000-8000-000000000030',
};

const assertion = z
  .object({
    principal: z.string().meta({ description: 'Whom the utterance counts for.' }),
    issue: z.string(),
    change: z
      .enum(CHANGES)
      .nullable()
      .meta({ description: 'What it changed against the assertion before; null where it does not count.' }),
    direction: z.enum(['support', 'oppose']).nullable(),
    delta: z.int().nullable().meta({ description: 'Steps on the scale from −2 to +2.' }),
    position: z
      .int()
      .min(-2)
      .max(2)
      .nullable()
      .meta({ description: '−2 strongly oppose to +2 strongly support; null where it was withdrawn.' }),
    firmness: z.enum(FIRMNESSES).nullable(),
    conditions: z.object({ added: z.array(z.string()), dropped: z.array(z.string()) }),
    claimedReiteration: z.boolean().meta({ description: 'The source says that this had been said before.' }),
    counted: z.boolean().meta({ description: 'Only asserted and reported facts set a position.' }),
    modality,
    renewed: z.boolean().meta({ description: 'Taken up again after a withdrawal.' }),
    possible: z.boolean().meta({ description: 'On the day asked for, its last possible day is still to come.' }),
    occurred: occurredView,
    recorded: z.string(),
    speaker: z.string(),
    onBehalfOf: z.string().nullable(),
    event: z.string(),
    sequence: z.int(),
    type: z.string(),
    summary: z.string().nullable(),
    quote: z.string().nullable(),
    source: source.nullable(),
    attribution: attribution.nullable(),
    grade: grade.nullable(),
    previous: z.string().nullable().meta({ description: 'The event of the assertion before.' }),
  })
  .meta({ id: 'Assertion', examples: [EXAMPLE_ASSERTION] });

const position = z
  .object({
    actor: z.string(),
    issue: z.string(),
    at: z.string().nullable(),
    knownAt: z.int().nullable().meta({ description: 'As a sequence.' }),
    sequence,
    current: assertion
      .nullable()
      .meta({ description: 'The assertion that holds; null where there is none, or it was withdrawn.' }),
    conditionsInForce: z.array(z.string()).meta({
      description: 'What the current position is tied to: conditions added since it was new, less those dropped.',
    }),
    series: z.array(assertion).meta({ description: 'By date, earliest day first.' }),
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
        sequence: 96,
        current: EXAMPLE_ASSERTION,
        conditionsInForce: [],
        series: [EXAMPLE_ASSERTION],
        countedFor: [],
      },
    ],
  });

const positionPage = pageOf(assertion, 'PositionPage', EXAMPLE_ASSERTION);

export function positionRoutes(app: App, api: Api): void {
  app.get(
    '/v1/positions/:actor/:issue',
    {
      schema: {
        operationId: 'getPosition',
        tags: ['Positions'],
        summary: 'How a position evolved',
        description:
          'The position of an actor on an issue and the whole classed series behind it, each assertion with its evidence. `at` asks ' +
          'where it stood on a day, `knownAt` what the log knew of it.',
        params: actorPath.extend(issuePath.shape),
        querystring: z.strictObject(moment),
        response: {
          200: answer(position, 'The position and its series.'),
          ...problems('not_found', 'not_yet_reflected'),
        },
      },
    },
    async ({ params: { actor, issue }, query }) => {
      const asked = await api.asking.prepare('positions', query);
      await requireActor(api.registry, actor);
      await requireIssue(api.registry, issue);
      const found = reflected(await api.positions.series(actor, issue, asked), asked);
      return { actor, issue, ...asked, ...found };
    },
  );

  app.get(
    '/v1/issues/:issue/positions',
    {
      schema: {
        operationId: 'listPositionsOnIssue',
        tags: ['Positions'],
        summary: 'Who stands where on an issue',
        description: 'The last assertion of each actor that has taken a position on the issue, by actor.',
        params: issuePath,
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(positionPage, 'A page of positions.'),
          ...problems('not_found', 'not_yet_reflected'),
        },
      },
    },
    async (request, reply) => {
      const { issue } = request.params;
      const asked = await api.asking.prepare('positions', request.query);
      await requireIssue(api.registry, issue);
      const after = readCursor(request.query.cursor, slugCursor) ?? '';
      const found = await api.positions.onIssue(issue, asked, after, request.query.limit + 1);
      return toPage(request, reply, reflected(found, asked), request.query.limit, ({ principal }) => principal);
    },
  );

  app.get(
    '/v1/actors/:actor/positions',
    {
      schema: {
        operationId: 'listPositionsOfActor',
        tags: ['Positions'],
        summary: 'Where an actor stands on all issues',
        description: 'The last assertion of the actor on each issue that it has taken a position on, by issue.',
        params: actorPath,
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(positionPage, 'A page of positions.'),
          ...problems('not_found', 'not_yet_reflected'),
        },
      },
    },
    async (request, reply) => {
      const { actor } = request.params;
      const asked = await api.asking.prepare('positions', request.query);
      await requireActor(api.registry, actor);
      const after = readCursor(request.query.cursor, slugCursor) ?? '';
      const found = await api.positions.ofPrincipal(actor, asked, after, request.query.limit + 1);
      return toPage(request, reply, reflected(found, asked), request.query.limit, ({ issue }) => issue);
    },
  );
}
