// Follows the log over a connection of its own, which can be held up and cut as connections are.
import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Test } from 'tap';
import { waitUntil } from '../../src/database/wait-until.ts';
import { startDemarche } from './demarche.ts';
import { messagesIn, type Sent } from './server-sent-events.ts';

const DEADLINE_MS = 20_000;

export interface Follower {
  status: number;
  headers: IncomingHttpHeaders;
  /** All that has come so far. */
  sent: Sent[];
  /** The events among it. */
  events(): any[];
  /** The last id that came, as an EventSource would send it back. */
  lastId(): number | undefined;
  /** Waits until what was sent satisfies; throws where it does not in good time. */
  until(satisfied: (follower: Follower) => boolean): Promise<void>;
  /** Takes nothing more from the connection, until it does again. */
  hold(): void;
  goOn(): void;
  /** Goes away without a word. */
  cut(): void;
  /** Settles when the stream has ended: with what broke it off, or nothing. */
  ended: Promise<Error | undefined>;
}

/** The sequences of the events it was sent. */
export const sequences = (follower: Follower): number[] => follower.events().map(({ sequence }) => sequence);

/** For {@link Follower.until}: the last id that came is this one. */
export const reached = (sequence: number) => (follower: Follower) => follower.lastId() === sequence;

/** A Demarche that listens on a port of its own, at `server`. */
export async function startListening(t: Test, options: Parameters<typeof startDemarche>[1] = {}) {
  const demarche = await startDemarche(t, options);
  const server = await demarche.app.listen({ port: 0, host: '127.0.0.1' });
  return { ...demarche, server };
}

export async function follow(
  t: Pick<Test, 'teardown'>,
  server: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Follower> {
  const request = get(`${server}/v1/events/feed${query}`, { agent: false, headers });
  t.teardown(() => request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // What breaks it off is told by reading it.
  request.on('error', () => {});
  const sent: Sent[] = [];
  const read = async () => {
    for await (const message of messagesIn(response.setEncoding('utf8'))) sent.push(message);
  };
  const follower: Follower = {
    status: response.statusCode!,
    headers: response.headers,
    sent,
    events: () => sent.flatMap(({ data }) => (data === undefined ? [] : [data])),
    lastId: () => sent.findLast(({ id }) => id !== undefined)?.id,
    async until(satisfied) {
      if (await waitUntil(() => satisfied(follower), DEADLINE_MS)) return;
      throw new Error(
        `Only this has come: ${JSON.stringify(sent.slice(-3)).slice(0, 1_000)} (${sent.length} messages)`,
      );
    },
    hold: () => void response.socket.pause(),
    goOn: () => void response.socket.resume(),
    cut: () => void request.destroy(),
    ended: read().then(
      () => undefined,
      (error: Error) => error,
    ),
  };
  return follower;
}
