// Dealings of two actors: their contacts, and how they got on month by month.
import { z } from 'zod';
import type { Contact } from '../../projections/dealings/find-dealings.ts';
import { lastDayOf } from '../../projections/dealings/month.ts';
import { placeOf } from '../../projections/place.ts';
import type { Api, App } from '../api.ts';
import { reflected, type Question } from '../asking.ts';
import { occurredCursor, readCursor } from '../cursor.ts';
import { EXAMPLE_FACT, factShape, factShown, factView } from '../event-view.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { cursor, day, limit, moment, month, pairOf, pairPath, requireOrder } from '../parameters.ts';
import { fieldProblem } from '../problem.ts';
import { requireActor } from '../require-slug.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

const EXAMPLE_CONTACT = {
  ...EXAMPLE_FACT,
  possible: false,
  silence: { since: '01932c00-0000-7000-8000-000000000002', minDays: 685, maxDays: 715 },
};
const contact = z
  .object({
    ...factShape,
    possible: z.boolean().meta({ description: 'On the day asked for, its last possible day is still to come.' }),
    silence: z
      .object({
        since: z.string().meta({ description: 'The contact before, in the order of the list.' }),
        minDays: z.int().nullable(),
        maxDays: z.int().nullable(),
      })
      .nullable()
      .meta({ description: 'For how many days they had not been in contact; a range where a date is vague.' }),
  })
  .meta({ id: 'Contact', examples: [EXAMPLE_CONTACT] });

const EXAMPLE_SCORE = {
  count: 2,
  sum: -4,
  mean: -2,
  codings: [
    { cameo: '041', name: 'Discuss by telephone', goldstein: 1, count: 1 },
    { cameo: '100', name: 'Demand', goldstein: -5, count: 1 },
  ],
};
const score = {
  count: z.int(),
  sum: z.number().meta({ description: 'Of the Goldstein values.' }),
  mean: z.number().nullable().meta({ description: 'Of the Goldstein values; null where there is no fact.' }),
  codings: z
    .array(z.object({ cameo: z.string(), name: z.string(), goldstein: z.number(), count: z.int() }))
    .meta({ description: 'How the facts are coded, by CAMEO code.' }),
};
const relations = z
  .object({
    a: z.string(),
    b: z.string(),
    interval: z.literal('month'),
    at: z.string().nullable(),
    knownAt: z.int().nullable(),
    projectionRun: z.int().nullable(),
    sequence,
    items: z
      .array(
        z.object({
          month: z.string(),
          ...score,
          evidence: z.string().meta({ description: 'The path of the facts behind it, with their sources.' }),
        }),
      )
      .meta({ description: 'By month; months without a fact are left out.' }),
    imprecise: z.object(score).meta({ description: 'Facts whose date does not say in which month they were.' }),
  })
  .meta({
    id: 'Relations',
    examples: [
      {
        a: 'germany',
        b: 'russia',
        interval: 'month',
        at: null,
        knownAt: null,
        projectionRun: null,
        sequence: 42,
        items: [
          {
            month: '2024-11',
            ...EXAMPLE_SCORE,
            evidence: '/v1/relations/germany/russia/events?from=2024-11-01&to=2024-11-30',
          },
        ],
        imprecise: { count: 0, sum: 0, mean: null, codings: [] },
      },
    ],
  });

export function dealingRoutes(app: App, api: Api): void {
  app.get(
    '/v1/contacts',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listContacts',
        tags: ['Dealings'],
        summary: 'When two actors were in contact',
        description:
          'The calls and meetings that were held between the two, or between those who count for them (a state by its office holders), ' +
          'by date, with the silence before each.',
        querystring: z.strictObject({ between: pairOf('actors'), ...moment, limit, cursor }),
        response: {
          200: pageAnswer(pageOf(contact, 'ContactPage', EXAMPLE_CONTACT), 'A page of contacts.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { between, limit: size } = request.query;
      const [a, b] = between as [string, string];
      const asked = await api.asking.prepare('dealings', request.query);
      await requirePair(api, a, b, ['between', 'between']);
      const found = await api
        .models(asked)
        .dealings.contacts(a, b, asked, readCursor(request, occurredCursor), size + 1);
      const page = toPage(request, reply, reflected(found, asked), size, ({ fact }) => placeOf(fact));
      return { ...page, items: page.items.map(contactView) };
    },
  );

  app.get(
    '/v1/relations/:a/:b',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getRelations',
        tags: ['Dealings'],
        summary: 'How one actor behaved towards another, month by month',
        description:
          'What `a`, or those who count for it, did towards `b`, as number, sum and mean of Goldstein values, with the codes behind them. ' +
          'Calls and meetings count both ways. Only what is asserted or reported is counted.',
        params: pairPath,
        querystring: z.strictObject({
          interval: z.literal('month').default('month').meta({ description: 'What the facts are counted by.' }),
          from: month.optional().meta({ description: 'The first month.', examples: ['2022-01'] }),
          to: month.optional().meta({ description: 'The last month.', examples: ['2022-08'] }),
          ...moment,
        }),
        response: {
          200: answer(relations, 'The relations of the first to the second.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async ({ params: { a, b }, query }) => {
      const { interval, from, to } = query;
      requireOrder(from, to);
      const asked = await api.asking.prepare('dealings', query);
      await requirePair(api, a, b);
      const found = reflected(await api.models(asked).dealings.relations(a, b, { from, to }, asked), asked);
      const items = found.items.map((item) => ({ ...item, evidence: factsOf(a, b, item.month, asked) }));
      return { a, b, interval, ...asked, ...found, items };
    },
  );

  app.get(
    '/v1/relations/:a/:b/events',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listDealings',
        tags: ['Dealings'],
        summary: 'What one actor did towards another',
        description: 'The facts that the relations count, by date.',
        params: pairPath,
        querystring: z.strictObject({
          from: day.optional().meta({ description: 'The first day that its date may mean.', examples: ['2024-11-01'] }),
          to: day.optional().meta({ description: 'The last day that its date may mean.', examples: ['2024-11-30'] }),
          ...moment,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(pageOf(factShown, 'FactPage', EXAMPLE_FACT), 'A page of facts.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { a, b } = request.params;
      const { limit: size, from, to } = request.query;
      requireOrder(from, to);
      const asked = await api.asking.prepare('dealings', request.query);
      await requirePair(api, a, b);
      const after = readCursor(request, occurredCursor);
      const found = await api.models(asked).dealings.between(a, b, { from, to }, asked, after, size + 1);
      const page = toPage(request, reply, reflected(found, asked), size, placeOf);
      return { ...page, items: page.items.map(factView) };
    },
  );
}

/** `names` are the parameters in which the two stand. */
async function requirePair(api: Api, a: string, b: string, names: [string, string] = ['a', 'b']): Promise<void> {
  if (a === b) throw fieldProblem('invalid_request', [{ parameter: 'b', found: b, expected: 'another actor than a' }]);
  await requireActor(api.registry, a, names[0]);
  await requireActor(api.registry, b, names[1]);
}

/** Where the facts of a month are told one by one, as of the same moment. */
function factsOf(a: string, b: string, month: string, { at, knownAt, projectionRun }: Question): string {
  const asked = { at, knownAt: knownAt?.toString() ?? null, projectionRun: projectionRun?.toString() ?? null };
  const also = Object.entries(asked).flatMap(([name, value]) => (value === null ? [] : [`&${name}=${value}`]));
  return `/v1/relations/${a}/${b}/events?from=${month}-01&to=${lastDayOf(month)}${also.join('')}`;
}

function contactView({ fact, ...contact }: Contact) {
  return { ...factView(fact), ...contact };
}
