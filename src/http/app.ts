// The HTTP application: a Fastify that knows its routes and no port, process or database connection.
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import fastify, { type FastifyBaseLogger, type FastifyReply, type FastifySchemaCompiler } from 'fastify';
import {
  fastifyZodOpenApiPlugin,
  fastifyZodOpenApiTransformers,
  type FastifyZodOpenApiTypeProvider,
} from 'fastify-zod-openapi';
import type { z } from 'zod';
import type { LogStore } from '../events/log-database.ts';
import type { Recorder } from '../events/recorder.ts';
import type { RegistryMemory } from '../events/registry-memory.ts';
import { Actors } from '../projections/find-actors.ts';
import { Events } from '../projections/find-events.ts';
import { Issues } from '../projections/find-issues.ts';
import { Positions } from '../projections/positions/find-positions.ts';
import type { Projector } from '../projections/projector.ts';
import type { Api, App } from './api.ts';
import { Asking } from './asking.ts';
import { describe } from './description.ts';
import { fieldProblem, Problem } from './problem.ts';
import { problemForError } from './problem-for-error.ts';
import { fieldErrors, namesIn } from './schema-errors.ts';
import { actorRoutes } from './routes/actors.ts';
import { eventRoutes } from './routes/events.ts';
import { eventTypeRoutes } from './routes/event-types.ts';
import { issueRoutes } from './routes/issues.ts';
import { operationRoutes } from './routes/operation.ts';
import { positionRoutes } from './routes/positions.ts';
import { recordingRoutes } from './routes/recording.ts';

interface AppOptions {
  log: LogStore;
  recorder: Recorder;
  registry: RegistryMemory;
  projector: Projector;
  logger?: FastifyBaseLogger;
  /** Checks each answer against its description. It costs time on long lists, so the tests do it and the server does not. */
  checkResponses?: boolean;
}

/** Builds the application; `await app.ready()` or a first `inject` makes its OpenAPI document complete. */
export async function buildApp({
  log,
  recorder,
  registry,
  projector,
  logger,
  checkResponses = false,
}: AppOptions): Promise<App> {
  const app = fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    disableRequestLogging: true,
    forceCloseConnections: 'idle',
  }).withTypeProvider<FastifyZodOpenApiTypeProvider>() as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(
    ({ schema }) =>
      (value) =>
        JSON.stringify(checkResponses ? (schema as unknown as z.ZodType).parse(value) : value),
  );
  app.setErrorHandler((error, request, reply) => sendProblem(problemForError(error), reply, request.log));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Problem('not_found', `There is no ${request.method} ${request.url.split('?')[0]!.slice(0, 200)}.`),
      reply,
      request.log,
    ),
  );
  app.removeContentTypeParser('text/plain');
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      { method: request.method, url: request.url, status: reply.statusCode, ms: reply.elapsedTime },
      'answered',
    );
  });

  await app.register(fastifyZodOpenApiPlugin);
  await app.register(swagger, { openapi: describe(), ...fastifyZodOpenApiTransformers });
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: 'never',
    },
  });

  const api: Api = {
    log,
    recorder,
    registry,
    asking: new Asking(log, projector),
    actors: new Actors(log),
    events: new Events(log),
    issues: new Issues(log),
    positions: new Positions(log),
  };
  recordingRoutes(app, api);
  eventRoutes(app, api);
  eventTypeRoutes(app);
  actorRoutes(app, api);
  issueRoutes(app, api);
  positionRoutes(app, api);
  operationRoutes(app, api);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app;
}

/** Parameters are checked here; a body is parsed by its route, which can name the fields of the event type that was meant. */
const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return (value: unknown) => ({ value });
  const shape = schema as z.ZodType;
  const names = namesIn(shape);
  return (value: unknown) => {
    const parsed = shape.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    return {
      error: fieldProblem('invalid_request', fieldErrors(parsed.error.issues, value, { in: 'parameters', names })),
    };
  };
};

function sendProblem(problem: Problem, reply: FastifyReply, logger: FastifyBaseLogger) {
  if (problem.status >= 500) logger.error({ err: problem.cause ?? problem }, problem.message);
  if (problem.status === 503) void reply.header('retry-after', '1');
  // Serialised here: the shape of a problem does not depend on the operation.
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((value: string) => value)
    .send(JSON.stringify(problem));
}
