// The HTTP application: a Fastify that knows its routes and no port, process or database connection.
import etag from '@fastify/etag';
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
} from 'fastify';
import {
  fastifyZodOpenApiPlugin,
  fastifyZodOpenApiTransformers,
  type FastifyZodOpenApiTypeProvider,
} from 'fastify-zod-openapi';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Access } from '../access/access.ts';
import { AccessRefused } from '../access/access-refused.ts';
import type { LogStore } from '../events/log-database.ts';
import type { Recorder } from '../events/recorder.ts';
import type { RegistryMemory } from '../events/registry-memory.ts';
import { Dealings } from '../projections/dealings/find-dealings.ts';
import { Actors } from '../projections/find-actors.ts';
import { Events } from '../projections/find-events.ts';
import { Issues } from '../projections/find-issues.ts';
import { Ledgers } from '../projections/ledgers/find-ledgers.ts';
import { Alignments } from '../projections/positions/find-alignments.ts';
import { Positions } from '../projections/positions/find-positions.ts';
import { SourcedFacts } from '../projections/sourcing/find-sourcing.ts';
import type { Projector } from '../projections/projector.ts';
import type { Asked } from '../projections/read-model.ts';
import { controlAccess, DOCS } from './access-control.ts';
import { AllowedMethods } from './allowed-methods.ts';
import type { Api, App, Models } from './api.ts';
import { Asking } from './asking.ts';
import { RememberedAnswers } from './remembered-answers.ts';
import { answerBrokenRequest } from './broken-request.ts';
import type { EventFeed } from './event-feed.ts';
import { EventStreams } from './event-stream.ts';
import { describe, withoutLongPattern } from './description.ts';
import { parseJson } from './json.ts';
import { CONNECTION_LIMITS, limitPressure, limitRate } from './limits.ts';
import { requireOneHost } from './one-host.ts';
import { requirePlainBody } from './plain-body.ts';
import { fieldProblem, Problem, type ProblemCode } from './problem.ts';
import { problemForError } from './problem-for-error.ts';
import { fieldErrors, namesIn } from './schema-errors.ts';
import { addSecurityHeaders, allowOwnScripts } from './security-headers.ts';
import { cutStragglers } from './stragglers.ts';
import { findUnstorable } from './unstorable.ts';
import { actorRoutes } from './routes/actors.ts';
import { comparisonRoutes } from './routes/comparison.ts';
import { dealingRoutes } from './routes/dealings.ts';
import { eventRoutes } from './routes/events.ts';
import { eventTypeRoutes } from './routes/event-types.ts';
import { feedRoutes } from './routes/feed.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { issueRoutes } from './routes/issues.ts';
import { keyRoutes } from './routes/keys.ts';
import { ledgerRoutes } from './routes/ledgers.ts';
import { operationRoutes } from './routes/operation.ts';
import { positionRoutes } from './routes/positions.ts';
import { proofRoutes } from './routes/proof.ts';
import { rebuildRoutes } from './routes/rebuilds.ts';
import { recordingRoutes } from './routes/recording.ts';

/** Answered with 503 in the ordinary course of things. */
const EXPECTED_FAILURES = new Set<ProblemCode>(['not_built_yet', 'not_yet_reflected']);

interface AppOptions {
  access: Access;
  log: LogStore;
  recorder: Recorder;
  registry: RegistryMemory;
  projector: Projector;
  feed: EventFeed;
  logger?: FastifyBaseLogger;
  /** Requests a minute of one key, or of one address without; 0 for any number. */
  requestsPerMinute?: number;
  /** How late the event loop may be, in milliseconds, before requests are turned away. */
  latestMs?: number;
  /** How long a request may take, in milliseconds, its body included. */
  answerWithinMs?: number;
  /** Checks each answer against its description. It costs time on long lists, so the tests do it and the server does not. */
  checkResponses?: boolean;
}

/** Builds the application; `await app.ready()` or a first `inject` makes its OpenAPI document complete. */
export async function buildApp({
  access,
  log,
  recorder,
  registry,
  projector,
  feed,
  logger,
  requestsPerMinute = 0,
  latestMs,
  answerWithinMs,
  checkResponses = false,
}: AppOptions): Promise<App> {
  const app = fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    logController: new LogController({ disableRequestLogging: true }),
    ...CONNECTION_LIMITS,
    ...(answerWithinMs !== undefined && { handlerTimeout: answerWithinMs }),
    forceCloseConnections: 'idle',
    // Refused by a hook, with a problem; Node's own refusal says nothing.
    http: { ...CONNECTION_LIMITS.http, requireHostHeader: false },
    // A request that arrives while the last ones are answered is answered with them.
    return503OnClosing: false,
    // A long name is refused by its schema, which says how long it may be.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (error, request, reply) => void sendProblem(problemForError(error), request, reply),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<FastifyZodOpenApiTypeProvider>() as unknown as App;
  // What a request expects beside "100-continue" may be passed over (RFC 9110, 10.1.1); Node would refuse it without a word.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(({ schema }) => (value) => {
    const text = JSON.stringify(value);
    if (checkResponses) requireDescribed(JSON.parse(text), schema as unknown as z.ZodType);
    return text;
  });
  app.setErrorHandler((error, request, reply) => sendProblem(problemForError(error), request, reply));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    parseJson(body, 'body'),
  );
  const methods = new AllowedMethods(app);
  addSecurityHeaders(app);
  app.addHook('onRequest', requireOneHost);
  await limitPressure(app, latestMs);
  controlAccess(app, access, await limitRate(app, requestsPerMinute));
  app.addHook('onRequest', async (request, reply) => requireRoute(request, reply, methods));
  app.addHook('onRequest', requirePlainBody);
  let closing = false;
  app.addHook('preClose', async () => void (closing = true));
  app.addHook('onResponse', async (request, reply) => {
    // A client may keep a connection open long after its last answer; the end does not wait for that.
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    request.log.debug(
      { method: request.method, url: request.url, status: reply.statusCode, ms: reply.elapsedTime },
      'answered',
    );
  });

  cutStragglers(app);

  await app.register(fastifyZodOpenApiPlugin, { documentOpts: { override: withoutLongPattern } });
  await app.register(swagger, { openapi: describe(), ...fastifyZodOpenApiTransformers });
  await app.register(async (scope) => documentationPage(scope as App));

  const live = modelsFor({ runs: projector.answering, rebuild: null });
  const api: Api = {
    access,
    log,
    recorder,
    registry,
    projections: projector.projections,
    rebuilds: projector.rebuilds,
    asking: new Asking(log, projector),
    feed,
    streams: new EventStreams(app, access),
    models: ({ projectionRun: rebuild }) =>
      rebuild === null ? live : modelsFor({ runs: projector.answering, rebuild }),
  };
  await recordingRoutes(app, api);
  keyRoutes(app, api);
  await app.register(async (scope) => readingRoutes(scope as App, api, new RememberedAnswers(projector)));
  app.get('/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, async () => app.swagger());
  return app;
}

async function documentationPage(app: App): Promise<void> {
  allowOwnScripts(app);
  // The page makes an address of its host, and fails where it cannot.
  app.addHook('onRequest', async ({ hostname }) => {
    if (URL.canParse(`http://${hostname}`)) return;
    const found = JSON.stringify(hostname.slice(0, 100));
    throw fieldProblem('invalid_request', [{ header: 'Host', found, expected: 'the name of a host' }]);
  });
  await app.register(scalar, {
    routePrefix: DOCS,
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Demarche',
      // Nothing on the page leads to a service of its makers: it works where there is no network.
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
    },
  });
}

/** What is read may be asked for again on the condition that it has changed (If-None-Match). */
async function readingRoutes(app: App, api: Api, remembered: RememberedAnswers): Promise<void> {
  const answeredFrom = (projection: string, ...routes: ((scope: App, api: Api) => void)[]) =>
    app.register(async (scope) => {
      remembered.remember(scope, projection);
      await scope.register(etag);
      for (const add of routes) add(scope, api);
    });
  await answeredFrom('actors', actorRoutes);
  await answeredFrom('issues', issueRoutes);
  await answeredFrom('dealings', dealingRoutes);
  await answeredFrom('ledgers', ledgerRoutes);
  await answeredFrom('positions', positionRoutes, comparisonRoutes);
  await answeredFrom('sourcing', evidenceRoutes);
  await app.register(etag);
  eventRoutes(app, api);
  feedRoutes(app, api);
  eventTypeRoutes(app);
  operationRoutes(app, api);
  proofRoutes(app, api);
  rebuildRoutes(app, api);
}

function modelsFor(asked: Asked): Models {
  const positions = new Positions(asked);
  return {
    actors: new Actors(asked),
    alignments: new Alignments(positions),
    dealings: new Dealings(asked),
    events: new Events(asked),
    issues: new Issues(asked),
    ledgers: new Ledgers(asked),
    positions,
    sourcing: new SourcedFacts(asked),
  };
}

/** Throws a problem where nobody answers: before a body is read, which nobody would take. */
function requireRoute(request: FastifyRequest, reply: FastifyReply, methods: AllowedMethods): void {
  if (!request.is404) return;
  const path = request.url.split('?')[0]!.slice(0, 200);
  const allowed = methods.of(request.url);
  if (allowed.length === 0)
    throw new Problem('not_found', `There is no ${request.method} ${path}; /docs lists all there is.`);
  void reply.header('allow', allowed.join(', '));
  throw new Problem('method_not_allowed', `${path} takes ${allowed.join(', ')}; found ${request.method}.`);
}

/** Parameters are checked here; a body is parsed by its route, which can name the fields of the event type that was meant. */
const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return (value: unknown) => ({ value });
  const shape = schema as z.ZodType;
  const place = { in: 'parameters', names: namesIn(shape) } as const;
  return (value: unknown) => {
    const unstorable = httpPart === 'headers' ? undefined : findUnstorable(value);
    if (unstorable) {
      const { path, found, expected } = unstorable;
      return { error: fieldProblem('invalid_request', [{ parameter: path[0]!, found, expected }]) };
    }
    const parsed = shape.safeParse(value, { reportInput: true });
    if (parsed.success) return { value: parsed.data };
    return { error: fieldProblem('invalid_request', fieldErrors(parsed.error.issues, place)) };
  };
};

function requireDescribed(answer: unknown, schema: z.ZodType): void {
  const described = schema.parse(answer);
  if (!isDeepStrictEqual(described, answer))
    throw new Error(`The answer says more than its schema: ${JSON.stringify(answer)}`);
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  // Nobody is told that a problem has not changed since: a 304 would say that all is well.
  delete request.raw.headers['if-none-match'];
  const isFailure = problem.status >= 500 && !EXPECTED_FAILURES.has(problem.code);
  if (isFailure) request.log.error({ err: problem.cause ?? problem }, problem.message);
  if (problem.status === 401) void reply.header('www-authenticate', challengeFor(problem));
  if (problem.status === 503) void reply.header('retry-after', '1');
  const document = isFailure ? { ...problem.toJSON(), requestId: request.id } : problem;
  // Serialised here: the shape of a problem does not depend on the operation.
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((value: string) => value)
    .send(JSON.stringify(document));
}

/** How to say who asks; RFC 6750 wants to know whether somebody tried. */
function challengeFor({ cause }: Problem): string {
  const wasGiven = !(cause instanceof AccessRefused) || cause.wasGiven;
  return `Bearer realm="Demarche"${wasGiven ? ', error="invalid_token"' : ''}`;
}
