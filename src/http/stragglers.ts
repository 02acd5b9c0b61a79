// A server that is told to stop answers what is under way, but not for ever: a request that never comes to an end, or never even
// comes on a connection that was opened for it, would keep it running.
import type { FastifyInstance } from 'fastify';

const GRACE_MS = 7_000;

/** Cuts the connections that are there so long after the application was told to close. */
export function cutStragglers(app: Pick<FastifyInstance, 'addHook' | 'server'>, graceMs = GRACE_MS): void {
  let deadline: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
  });
  app.addHook('onClose', async () => clearTimeout(deadline));
}
