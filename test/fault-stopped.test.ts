// A server that is told to stop answers what is under way, tells its followers, and waits for nobody who never comes to an end.
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fastify from 'fastify';
import t from 'tap';
import { stoppedUnderLoad } from '../faults/stopped.ts';
import { cutStragglers } from '../src/http/stragglers.ts';
import { tryFault } from './support/fault-stage.ts';

const ASKED = 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Requests that never come to an end, from nothing at all on. */
const UNFINISHED = ['', 'GE', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{'];

t.test('told to stop among posts, it answers all that it has recorded', async (t) => {
  await tryFault(t, stoppedUnderLoad, { times: 1, posts: 3_000 });
});

t.test('it is not kept running by requests that never come to an end', async (t) => {
  const app = fastify({ forceCloseConnections: 'idle' });
  cutStragglers(app, 500);
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  let answer = () => {};
  app.get('/slow', () => {
    asked();
    return new Promise((resolve) => (answer = () => resolve('answered')));
  });
  app.post('/', async () => 'never');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const open = async (sent: string) => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(sent);
    return socket;
  };
  const unfinished = await Promise.all(UNFINISHED.map(open));
  // Whether they are ended or reset is all one.
  for (const socket of unfinished) socket.on('error', () => {}).resume();
  const ended = unfinished.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  const patient = text(await open(ASKED));
  await isAsked;

  const closed = app.close();
  answer();
  t.match(await patient, /^HTTP\/1\.1 200 .*answered$/s, 'what can be answered is answered');
  await closed;
  await Promise.all(ended);
  t.ok(
    unfinished.every(({ destroyed }) => destroyed),
    'the others are cut',
  );
});
