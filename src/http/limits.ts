// How much a client may ask for, how long anything may take, and when the server asks for a pause.
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './api.ts';
import { Problem } from './problem.ts';

const MINUTE_MS = 60_000;

/** Times and sizes that hold for every connection; the body of one event may have a megabyte, as is Fastify's own limit. */
export const CONNECTION_LIMITS = {
  /** From routing to the answer, the body included. */
  handlerTimeout: MINUTE_MS,
  /** Without a byte in either direction; a stream of events says something every 15 seconds. */
  connectionTimeout: 2 * MINUTE_MS,
  http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 },
};

/** For a route whose request or answer may go on: as long as a timer can be set. */
export const WITHOUT_END_MS = 2_147_483_647;

/** The event loop is so late in the mean of a second that whoever asks would wait too long. */
const LATEST_MS = 1_000;

/** Seconds in a row. One alone is what a process that was halted sees when it goes on. */
const LATE_SECONDS = 3;
const SECOND_MS = 1_000;

/** Turns requests away while the event loop is late; those that are public are answered, so that health can be told. */
export async function limitPressure(app: App, latestMs = LATEST_MS): Promise<void> {
  let lateSeconds = 0;
  const watch = setInterval(() => (lateSeconds = app.isUnderPressure() ? lateSeconds + 1 : 0), SECOND_MS);
  watch.unref();
  app.addHook('onClose', async () => clearInterval(watch));
  await app.register(underPressure, {
    maxEventLoopDelay: latestMs,
    sampleInterval: SECOND_MS,
    pressureHandler: async ({ is404, routeOptions }) => {
      if (lateSeconds < LATE_SECONDS || is404 || routeOptions.config.role === 'public') return;
      throw new Problem('server_busy', 'The server has more to do than it can keep up with. Try again shortly.');
    },
  });
}

/** Counts the requests of each key, and of each address where no key came; 0 a minute counts nothing. */
export async function limitRate(
  app: App,
  perMinute: number,
): Promise<(request: FastifyRequest, reply: FastifyReply) => Promise<void>> {
  if (perMinute === 0) return async () => {};
  await app.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: MINUTE_MS,
    enableDraftSpec: true,
    keyGenerator: ({ caller, ip }) => caller?.name ?? ip,
    errorResponseBuilder: (_request, { ttl }) => {
      const seconds = Math.ceil(ttl / 1_000);
      const detail = `More than ${perMinute} requests came within a minute. Try again in ${seconds} s, or send many events in one batch.`;
      return new Problem('rate_limited', detail);
    },
  });
  const limited = app.rateLimit();
  return async (request, reply) => {
    await limited.call(app, request, reply);
  };
}
