// What keeps the server up and its clients apart: how many may ask how often, how long anything takes, and what browsers and the
// log are told.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { createLogger } from '../src/create-logger.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { actor } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { startListening } from './support/follow.ts';
import { makeKey } from './support/make-key.ts';

const DEADLINE_MS = 20_000;

t.test('who asks too often is told to wait, each key and each address for itself', async (t) => {
  const demarche = await startDemarche(t, { requestsPerMinute: 3 });
  const one = await makeKey(demarche, { role: 'reader' });
  const other = await makeKey(demarche, { role: 'reader' });
  for (const left of ['2', '1', '0']) {
    const answer = await demarche.get('/v1/log', one.headers);
    t.match(answer, {
      status: 200,
      headers: { 'ratelimit-limit': '3', 'ratelimit-remaining': left, 'ratelimit-reset': /^\d+$/ },
    });
  }
  const tooMany = await demarche.get('/v1/log', one.headers);
  t.match(tooMany, {
    status: 429,
    headers: { 'retry-after': /^\d+$/, 'content-type': /^application\/problem\+json/ },
    body: { code: 'rate_limited', detail: /More than 3 requests/ },
  });
  t.equal((await demarche.get('/v1/log', other.headers)).status, 200, 'another key is another client');
  for (let n = 0; n < 3; n++) t.equal((await demarche.get('/v1/log')).status, 401);
  t.equal((await demarche.get('/v1/log')).status, 429, 'who is not let in is counted by address');
  t.equal((await demarche.get('/v1/nowhere')).status, 429);
  t.equal((await demarche.get('/v1/log', other.headers)).status, 200, 'and holds up nobody who is');
});

t.test('while the event loop is late requests are turned away, and health is told', async (t) => {
  const demarche = await startDemarche(t, { latestMs: 1e-6 });
  const refused = await waitUntil(async () => {
    const until = performance.now() + 20;
    while (performance.now() < until);
    const answer = await demarche.get('/v1/log');
    return answer.status === 503 && answer;
  }, DEADLINE_MS);
  t.match(refused, {
    headers: { 'retry-after': '1' },
    body: { code: 'server_busy', title: 'The server cannot keep up' },
  });
  t.equal((await demarche.get('/health/live')).status, 200);
});

t.test('a request that does not arrive whole in time is given up, and one without end is not', async (t) => {
  const { server, ...demarche } = await startListening(t, { answerWithinMs: 300 });
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"type"',
  );
  const answer = text(socket);
  socket.setTimeout(DEADLINE_MS, () => socket.destroy());
  const [first] = (await once(socket, 'data')) as [Buffer];
  t.match(first.toString(), /^HTTP\/1\.1 503 [\s\S]*"code":"timed_out"/);
  socket.end();
  await answer;
  const lines = new PassThrough();
  const batch = demarche.app.inject({
    method: 'POST',
    url: '/v1/events/batch',
    headers: { 'content-type': 'application/x-ndjson' },
    payload: lines,
  });
  lines.write(`${JSON.stringify(actor('france', 'state'))}\n`);
  setTimeout(() => lines.end(`${JSON.stringify(actor('spain', 'state'))}\n`), 1_000);
  t.match((await batch).json(), { results: [{ status: 'recorded' }, { status: 'recorded' }] });
  t.equal(demarche.app.server.headersTimeout, 15_000);
  t.equal(demarche.app.server.timeout, 120_000);
});

t.test('browsers are told to run nothing, and on the documentation page only what is this server’s own', async (t) => {
  const demarche = await startDemarche(t);
  for (const path of ['/v1/log', '/v1/nowhere', '/openapi.json', '/health/live'])
    t.match((await demarche.get(path)).headers, {
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': undefined,
      'access-control-allow-origin': undefined,
    });
  const page = await demarche.app.inject('/docs/');
  const policy = page.headers['content-security-policy'] as string;
  const scripts = [...page.body.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
  t.ok(scripts.length >= 2);
  for (const [, attributes, script] of scripts) {
    const source = /src="([^"]+)"/.exec(attributes!)?.[1];
    if (source === undefined) {
      const digest = createHash('sha256').update(script!).digest('base64');
      t.match(policy, `'sha256-${digest}'`, 'what stands in the page may run');
    } else t.notMatch(source, /^\w+:|^\/\//, `${source} is this server's own`);
  }
  t.notMatch(policy, /script-src[^;]*unsafe/, 'and nothing else');
  t.match(policy, /connect-src 'self'/);
  t.notMatch(
    page.body,
    /<link|<style|<img|<iframe|\son\w+=/,
    'it holds nothing that another directive would have to allow',
  );
});

t.test('pages of other servers are told nothing', async (t) => {
  const demarche = await startDemarche(t);
  const { app } = demarche;
  await makeKey(demarche);
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/v1/events',
    headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
  });
  t.equal(preflight.statusCode, 405);
  t.equal(preflight.headers['access-control-allow-origin'], undefined);
  t.equal(
    (await app.inject({ url: '/docs', headers: { host: '[' } })).statusCode,
    400,
    'a host that is none is refused',
  );
});

t.test('the log tells of refusals, and no key or token stands in it', async (t) => {
  const captured = new PassThrough();
  const said = text(captured);
  const logger = createLogger('trace', captured);
  const demarche = await startDemarche(t, { logger });
  const key = await makeKey(demarche, { role: 'reader' });
  const secret = key.text.slice(-43);
  const wrong = 'demarche_77_KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK';
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYWxsb3J5In0.c2lnbmF0dXJl';
  t.equal((await demarche.get('/v1/log', key.headers)).status, 200);
  t.equal((await demarche.get('/v1/keys', key.headers)).status, 403);
  for (const text of [wrong, token])
    t.equal((await demarche.get('/v1/log', { authorization: `Bearer ${text}` })).status, 401);
  const headers = { authorization: `Bearer ${secret}` };
  logger.info(
    { headers, req: { headers }, err: Object.assign(new Error('x'), { config: { headers } }) },
    'whoever writes them',
  );
  captured.end();
  const lines = (await said)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    lines.filter(({ code }) => code === 'forbidden'),
    [{ path: '/v1/keys', method: 'GET', caller: `key:${key.id}`, address: '127.0.0.1', msg: /needs the role admin/ }],
  );
  t.equal(lines.filter(({ code }) => code === 'unauthenticated').length, 2);
  const all = JSON.stringify(lines);
  t.match(all, 'whoever writes them');
  t.match(all, '[Redacted]');
  for (const text of [secret, wrong.slice(-43), token, token.slice(-11)]) t.notMatch(all, text);
});
