// Clients that take what they asked for a byte at a time, vanish, or never come to an end with what they ask.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { send, startPosting, statement } from './posting.ts';
import { startDemarche, type Stage } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

const SLOW_READERS = 5;
const VANISHING = 500;
const HALF_OPEN = 1_000;
const SLOW_SENDERS = 200;
const SECONDS = 10;
const MOST_TIMES = 3;
/** What all of them together may take, and how much that may grow while they stay. */
const MOST_MEGABYTES = { together: 400, growth: 100 };
/** By then they are all there. */
const SETTLED_AFTER = 3;
/** How long a question may take beside them. */
const PATIENCE_MS = 5_000;

export const badClients: Fault = {
  name: 'bad-clients',
  what:
    `${SLOW_READERS} followers that read a byte a second, ${VANISHING} that vanish, ${HALF_OPEN} requests that are never whole, ` +
    `${SLOW_SENDERS} bodies that come a byte a second`,
  async run(stage) {
    const trials: Trial[] = [];
    for (let turn = 0; turn < Math.min(stage.times, MOST_TIMES); turn++) trials.push(await annoy(stage));
    return together(trials);
  },
};

async function annoy(stage: Stage): Promise<Trial> {
  const database = await stage.database();
  const server = await startDemarche(stage, { DATABASE_URL: database });
  // What it takes to be warm is none of theirs.
  await (
    await startPosting(server.url, { posts: 2_000 })
  ).done;
  const summary = 'A sentence of two dozen letters. '.repeat(60);
  for (let n = 0; n < 10; n++)
    await send(
      server.url,
      '/v1/events/batch',
      Array.from({ length: 500 }, (_, m) => statement(m, summary)),
    );
  const before = await server.memory();

  const { hostname, port } = new URL(server.url);
  const sockets: Socket[] = [];
  stage.teardown(() => sockets.forEach((socket) => socket.destroy()));
  const open = async (count: number, text: string): Promise<Socket[]> => {
    const opened = await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect(Number(port), hostname);
        // The server may well be tired of it.
        socket.on('error', () => {});
        await once(socket, 'connect');
        socket.write(text);
        return socket;
      }),
    );
    sockets.push(...opened);
    return opened;
  };
  const host = `Host: ${hostname}:${port}\r\n`;
  const follow = `GET /v1/events/feed?afterSequence=0 HTTP/1.1\r\n${host}\r\n`;
  const slowReaders = await open(SLOW_READERS, follow);
  for (const reader of slowReaders) reader.pause();
  await open(HALF_OPEN, `POST /v1/events HTTP/1.1\r\n${host}Content-Ty`);
  const slowSenders = await open(
    SLOW_SENDERS,
    `POST /v1/events HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`,
  );

  const posting = await startPosting(server.url, { posts: stage.posts, isCastThere: true });
  let settled = Infinity;
  let most = before;
  let slowest = 0;
  for (let second = 0; second < SECONDS; second++) {
    const vanishing = await open(VANISHING / SECONDS, follow);
    for (const reader of slowReaders) reader.read(1);
    for (const sender of slowSenders) sender.write(' ');
    const since = performance.now();
    await (await fetch(`${server.url}/v1/actors/germany`)).arrayBuffer();
    slowest = Math.max(slowest, performance.now() - since);
    await pause(1_000);
    for (const follower of vanishing) follower.destroy();
    most = Math.max(most, await server.memory());
    if (second + 1 === SETTLED_AFTER) settled = most;
  }
  const memory = `memory ${before.toFixed()} MB, with them ${settled.toFixed()} MB, at most ${most.toFixed()} MB`;
  const trial = await examine(database, posting, 1, [memory]);
  if (most - before > MOST_MEGABYTES.together || most - settled > MOST_MEGABYTES.growth) trial.wrong.push(memory);
  if (slowest > PATIENCE_MS) trial.wrong.push(`a question beside them took ${(slowest / 1000).toFixed(1)} seconds`);
  // They do not keep it from ending.
  const { milliseconds, code } = await server.end('SIGTERM');
  if (code !== 0 || milliseconds > 10_000) trial.wrong.push(`it ended with ${code} after ${milliseconds.toFixed()} ms`);
  return trial;
}
