// Server-sent events: how a message is written, and how a stream of them is sent as fast as its reader takes it and no faster.
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import type { Caller } from '../access/caller.ts';
import { callerOf } from './access-control.ts';

/** After so long a silence something is said, so that nothing between takes the connection for dead. */
export const HEARTBEAT_MS = 15_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that buffers would hold back what is new.
  'x-accel-buffering': 'no',
};

interface Message {
  /** What follows the colon is for people, and no event. */
  comment?: string;
  /** How long a client waits before it connects again, in milliseconds. */
  retry?: number;
  /** What a client sends back as Last-Event-ID. */
  id?: number;
  event?: string;
  /** Sent as JSON, in one line. */
  data?: unknown;
}

/** One message as it goes over the wire. Without data nothing happens at the client, but it takes note of an id. */
export function message({ comment, data, ...fields }: Message): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  if (comment !== undefined) lines.unshift(`: ${comment}\n`);
  if (data !== undefined) lines.push(`data: ${JSON.stringify(data)}\n`);
  return `${lines.join('')}\n`;
}

/** How often it is asked whether who is sent something may still have it. */
const WATCH_MS = 500;

type Messages = (gone: AbortSignal) => AsyncGenerator<string | Uint8Array, void>;

export class EventStreams {
  readonly #open = new Map<AbortController, Caller>();
  #isClosing = false;

  /** Streams end when the application closes, and when who is sent them would not be let in any more. */
  constructor(app: Pick<FastifyInstance, 'addHook'>, access: Pick<Access, 'isStillIn'>) {
    const watch = setInterval(() => {
      for (const [stream, caller] of this.#open) if (!access.isStillIn(caller)) stream.abort();
    }, WATCH_MS);
    watch.unref();
    app.addHook('preClose', async () => {
      clearInterval(watch);
      this.#isClosing = true;
      for (const stream of this.#open.keys()) stream.abort();
    });
  }

  /**
   * Sends messages until there are no more, the client goes away or may have them no longer, or the server closes; for the latter `messages` is given a
   * signal. What fails before the first message is thrown; after that there is nobody to tell but our own log.
   */
  async send(request: FastifyRequest, reply: FastifyReply, messages: Messages): Promise<void> {
    const { raw } = reply;
    const stream = new AbortController();
    raw.once('close', () => stream.abort());
    const all = messages(stream.signal);
    this.#open.set(stream, callerOf(request));
    try {
      const first = await all.next();
      reply.hijack();
      raw.writeHead(200, { ...reply.getHeaders(), ...HEADERS } as OutgoingHttpHeaders);
      // A server that closes does not wait for who has not taken what was sent: such a connection counts as idle.
      stream.signal.addEventListener('abort', () => raw.end());
      if (this.#isClosing || request.method === 'HEAD') stream.abort();
      for (let next = first; !next.done && !stream.signal.aborted; next = await all.next())
        if (!raw.write(next.value)) await drained(raw, stream.signal);
    } catch (error) {
      if (!reply.sent) throw error;
      request.log.error({ err: error }, 'A stream of events broke off');
    } finally {
      this.#open.delete(stream);
      await all.return();
      if (reply.sent) raw.end();
    }
  }
}

/** Waits until the client has taken what was written, or is gone. */
async function drained(raw: ServerResponse, gone: AbortSignal): Promise<void> {
  await once(raw, 'drain', { signal: gone }).catch(() => {});
}
