// The ledgers: what became of each demand, proposal, commitment, negotiation and encounter, and of aid.
import { z } from 'zod';
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import { STATUSES, type Ledger, type Status } from '../../domain/ledger.ts';
import { slug } from '../../domain/reference.ts';
import type { Content } from '../../domain/vocabulary.ts';
import type { Thing } from '../../projections/ledgers/find-ledgers.ts';
import { placeOf } from '../../projections/place.ts';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { occurredCursor, readCursor } from '../cursor.ts';
import { EXAMPLE_FACT, factShown, factView } from '../event-view.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { cursor, eventPath, flag, limit, listOf, moment } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { answer, pageAnswer, problems } from '../responses.ts';
import { requireActor } from '../require-slug.ts';

interface LedgerRoute {
  ledger: Ledger;
  /** The last part of the path, and of the names of the operations. */
  path: string;
  name: string;
  summary: string;
  description: string;
  /** What an item shows beside its status and its history. */
  more: z.ZodRawShape;
  view: (thing: Thing) => Record<string, unknown>;
  exampleMore: Record<string, unknown>;
}

const delivery = z.object({
  event: z.string(),
  occurred: z.string().meta({ description: 'An EDTF date.' }),
  kind: z.string().nullable(),
  direction: z.string(),
  stage: z.string().nullable().meta({ description: 'How far the money has come: planned, allocated or delivered.' }),
  amount: z.number().nullable(),
  currency: z.string().nullable(),
  ratio: z.number().nullable().meta({ description: 'Against what it was before: 0.5 is half.' }),
  period: z.string().nullable().meta({ description: 'The time the amount is for, as an EDTF date.' }),
  counted: z.boolean().meta({ description: 'Whether it is asserted or reported.' }),
});

const attendance = z.object({
  event: z.string(),
  actor: z.string(),
  decision: z.string(),
  statedReason: z.string().nullable(),
});

const LEDGERS: LedgerRoute[] = [
  {
    ledger: 'demand',
    path: 'demands',
    name: 'Demand',
    summary: 'Demands, and what became of them',
    description:
      'Each demand with the answers to it: its status is that of the last answer on the day, whoever gave it, until it is withdrawn. ' +
      'An answer to something that was never recorded as a demand is listed as well, by itself.',
    more: {
      blocking: z.boolean().meta({ description: 'A precondition of talks that is not met.' }),
      unanswered: z.array(z.string()).meta({ description: 'The addressees that have not answered.' }),
    },
    view: ({ blocking, unanswered }) => ({ blocking, unanswered }),
    exampleMore: { blocking: false, unanswered: [] },
  },
  {
    ledger: 'proposal',
    path: 'proposals',
    name: 'Proposal',
    summary: 'Proposals, and what became of them',
    description: 'Each proposal with the answers to it: its status is that of the last answer on the day.',
    more: { unanswered: z.array(z.string()).meta({ description: 'The addressees that have not answered.' }) },
    view: ({ unanswered }) => ({ unanswered }),
    exampleMore: { unanswered: [] },
  },
  {
    ledger: 'commitment',
    path: 'commitments',
    name: 'Commitment',
    summary: 'Commitments, and what became of them',
    description:
      'Each commitment with its updates. The promise is kept apart from the delivery: `delivery` holds the aid recorded under it, as ' +
      'planned, allocated or delivered.',
    more: { delivery: z.array(delivery).meta({ description: 'Aid under it; `stage` says how far it has come.' }) },
    view: ({ history }) => ({ delivery: ofType(history, 'AidChanged').map(deliveryOf) }),
    exampleMore: { delivery: [] },
  },
  {
    ledger: 'negotiation',
    path: 'negotiations',
    name: 'Negotiation',
    summary: 'Negotiations, step by step',
    description: 'Each negotiation as the steps that it went through, with their causes in `data.cause`.',
    more: {},
    view: () => ({}),
    exampleMore: {},
  },
  {
    ledger: 'encounter',
    path: 'encounters',
    name: 'Encounter',
    summary: 'Encounters: planned, held, cancelled',
    description:
      'Each call and meeting, announced or held, with who declared to attend. `planned` ones are listed for every day before, and may be ' +
      'over without a report that they were held.',
    more: { attendance: z.array(attendance) },
    view: ({ history }) => ({ attendance: ofType(history, 'AttendanceDeclared').map(attendanceOf) }),
    exampleMore: { attendance: [] },
  },
];

const EXAMPLE_AID = {
  donor: 'germany',
  recipient: 'ukraine',
  commitment: null,
  event: EXAMPLE_FACT.id,
  occurred: '2024',
  kind: 'military',
  direction: 'reduced',
  stage: 'planned',
  amount: 4_000_000_000,
  currency: 'EUR',
  ratio: 0.5,
  period: '2025',
  counted: true,
  fact: EXAMPLE_FACT,
};
const aid = z
  .object({
    donor: z.string(),
    recipient: z.string(),
    commitment: z.string().nullable().meta({ description: 'The commitment that it was given under.' }),
    ...delivery.shape,
    fact: factShown,
  })
  .meta({ id: 'Aid', examples: [EXAMPLE_AID] });

export function ledgerRoutes(app: App, api: Api): void {
  for (const ledger of LEDGERS) ledgerRoute(app, api, ledger);
  app.get(
    '/v1/aid',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listAid',
        tags: ['Ledgers'],
        summary: 'Aid over time',
        description: 'How aid was begun, raised, lowered or stopped, by date; of one donor, to one recipient.',
        querystring: z.strictObject({
          donor: slug.optional().meta({ description: 'Who gives it.', examples: ['germany'] }),
          recipient: slug.optional().meta({ description: 'Who gets it.', examples: ['ukraine'] }),
          ...moment,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(pageOf(aid, 'AidPage', EXAMPLE_AID), 'A page of changes of aid.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { limit: size, donor, recipient } = request.query;
      const asked = await api.asking.prepare('ledgers', request.query);
      if (donor !== undefined) await requireActor(api.registry, donor, 'donor');
      if (recipient !== undefined) await requireActor(api.registry, recipient, 'recipient');
      const found = await api
        .models(asked)
        .ledgers.aid({ donor, recipient }, asked, readCursor(request, occurredCursor), size + 1);
      const page = toPage(request, reply, reflected(found, asked), size, placeOf);
      return { ...page, items: page.items.map(aidOf) };
    },
  );
}

function ledgerRoute(app: App, api: Api, { ledger, path, name, summary, description, ...rest }: LedgerRoute) {
  const { more, view, exampleMore } = rest;
  const statuses = STATUSES[ledger] as readonly [Status, ...Status[]];
  const [status] = statuses;
  const exampleStep = { status, principals: ['germany'], fact: EXAMPLE_FACT };
  const example = {
    id: EXAMPLE_FACT.id,
    status,
    since: EXAMPLE_FACT.id,
    principals: ['germany'],
    opening: EXAMPLE_FACT,
    history: [exampleStep],
    ...exampleMore,
  };
  const step = z.object({
    status: z.enum(statuses).nullable().meta({ description: 'What it became with this step; null where it stayed.' }),
    principals: z.array(z.string()).meta({ description: 'Whom those who took the step count for.' }),
    fact: factShown,
  });
  const shape = {
    id: z.string().meta({ description: 'The event that opened it.' }),
    status: z.enum(statuses),
    since: z.string().meta({ description: 'The event that set the status.' }),
    principals: z.array(z.string()).meta({ description: 'Whom those who opened it count for.' }),
    opening: factShown,
    history: z.array(step).meta({ description: 'All steps, the opening among them, by date.' }),
    ...more,
  };
  const item = z.object(shape).meta({ id: name, examples: [example] });
  const shown = (thing: Thing) => ({
    id: thing.id,
    status: thing.status,
    since: thing.since,
    principals: thing.principals,
    opening: factView(thing.opening),
    history: thing.history.map((one) => ({ ...one, fact: factView(one.fact) })),
    ...view(thing),
  });

  app.get(
    `/v1/${path}`,
    {
      config: { role: 'reader' },
      schema: {
        operationId: `list${name}s`,
        tags: ['Ledgers'],
        summary,
        description,
        querystring: z.strictObject({
          status: listOf(z.enum(statuses), 'In one of these statuses; with commas, or given several times.'),
          actor: slug.optional().meta({
            description: 'Those who opened it or whom it is directed at, as named, or as they count for another.',
          }),
          ...(ledger === 'demand'
            ? { blocking: flag.meta({ description: 'Preconditions of talks that are not met, or all others.' }) }
            : {}),
          ...moment,
          limit,
          cursor,
        }),
        response: {
          200: pageAnswer(pageOf(item, `${name}Page`, example), `A page of ${path}.`),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { limit: size, status: sought, actor } = request.query;
      const { blocking } = request.query as { blocking?: boolean };
      const asked = await api.asking.prepare('ledgers', request.query);
      if (actor !== undefined) await requireActor(api.registry, actor);
      const filter = { statuses: sought, actor, blocking };
      const found = await api
        .models(asked)
        .ledgers.list(ledger, filter, asked, readCursor(request, occurredCursor), size + 1);
      const page = toPage(request, reply, reflected(found, asked), size, ({ place }) => place);
      return { ...page, items: page.items.map(shown) };
    },
  );

  app.get(
    `/v1/${path}/:id`,
    {
      config: { role: 'reader' },
      schema: {
        operationId: `get${name}`,
        tags: ['Ledgers'],
        summary: `One ${name.toLowerCase()}`,
        description: 'By the event that opened it, with its history.',
        params: eventPath,
        querystring: z.strictObject(moment),
        response: {
          200: answer(
            z.object({ ...shape, sequence }).meta({ id: `${name}Answer`, examples: [{ ...example, sequence: 42 }] }),
            `The ${name.toLowerCase()}.`,
          ),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async ({ params, query }) => {
      const asked = await api.asking.prepare('ledgers', query);
      const { item: found, sequence: known } = reflected(
        await api.models(asked).ledgers.find(ledger, params.id, asked),
        asked,
      );
      if (!found) throw new Problem('not_found', `No ${name.toLowerCase()} was opened by event ${params.id}.`);
      return { ...shown(found), sequence: known };
    },
  );
}

function ofType(history: Thing['history'], type: string): Fact[] {
  return history.map(({ fact }) => fact).filter((fact) => fact.type === type);
}

function deliveryOf(fact: Fact) {
  const { id, occurred, data } = fact as Fact<Content<'AidChanged'>>;
  const { kind = null, direction, stage = null, amount = null, currency = null, ratio = null, period = null } = data;
  const given = { kind, direction, stage, amount, currency, ratio, period };
  return { event: id, occurred, ...given, counted: countsAsFact(fact) };
}

function aidOf(fact: Fact) {
  const { donor, recipient, commitment = null } = (fact as Fact<Content<'AidChanged'>>).data;
  return { donor, recipient, commitment, ...deliveryOf(fact), fact: factView(fact) };
}

function attendanceOf(fact: Fact) {
  const { id, data } = fact as Fact<Content<'AttendanceDeclared'>>;
  return { event: id, actor: data.actor, decision: data.decision, statedReason: data.statedReason ?? null };
}
