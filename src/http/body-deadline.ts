// A body that is read as a whole is waited for so long and no longer: whoever sends it a byte at a time would keep its connection, and
// what has come of it, for ever. A stream of lines may take its time: it is kept no longer than a line.
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

const DEADLINE_MS = 60_000;

export function requireBodiesInTime(app: Pick<FastifyInstance, 'addHook'>, deadlineMs = DEADLINE_MS): void {
  app.addHook('preParsing', async ({ method, headers, raw }, reply, payload) => {
    if (method !== 'POST' || !headers['content-type']?.startsWith('application/json')) return payload;
    const late = () => {
      // Answered unread, it may still be on its way.
      if (reply.sent) raw.destroy();
      else {
        void reply.header('connection', 'close');
        const detail = `The body did not arrive within ${deadlineMs / 1000} seconds.`;
        payload.emit('error', new Problem('request_timeout', detail));
      }
    };
    const timer = setTimeout(late, deadlineMs);
    for (const ending of ['end', 'error', 'close']) payload.once(ending, () => clearTimeout(timer));
    return payload;
  });
}
