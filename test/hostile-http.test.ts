// What HTTP itself lets a client try: framing that two readers take for two things, packed bodies, addresses that lead out of the
// folder, streams that break. HOSTILE_LINES makes the stream of lines longer.
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { startDemarche } from './support/demarche.ts';
import { EXAMPLES, setTheStage } from './support/stage.ts';

const LINES = Number(process.env['HOSTILE_LINES'] ?? 10_000);

t.setTimeout(120_000 + LINES * 2);
const demarche = await startDemarche(t);
const { app } = demarche;
await setTheStage(demarche);
await app.listen({ port: 0 });
const { port } = app.server.address() as AddressInfo;

const call = JSON.stringify(EXAMPLES.find(({ type }) => type === 'CallHeld'));

async function head(): Promise<number> {
  return (await demarche.get('/v1/log')).body.sequence;
}

/** All that comes back on a socket, until the server closes it. */
async function answersTo(sent: string | Buffer): Promise<string> {
  const socket = connect(port);
  await once(socket, 'connect');
  socket.write(sent);
  return text(socket);
}

const GET = 'GET /v1/log HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const POST = 'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

t.test('of framing that could be read in two ways nothing is read, and what follows is no request', async (t) => {
  const before = await head();
  const smuggled = `${POST}Content-Length: ${call.length}\r\nConnection: close\r\n\r\n${call}`;
  const chunked = `${call.length.toString(16)}\r\n${call}\r\n0\r\n\r\n`;
  const ambiguous = {
    'two lengths': `${POST}Content-Length: 0\r\nContent-Length: ${call.length}\r\n\r\n${call}`,
    'two lengths that agree': `${POST}Content-Length: ${call.length}\r\nContent-Length: ${call.length}\r\n\r\n${call}`,
    'two lengths in one': `${POST}Content-Length: ${call.length}, ${call.length}\r\n\r\n${call}`,
    'a length and chunks': `${POST}Content-Length: ${call.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    'chunks and a length': `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
    'chunks that are not last': `${POST}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
    'a coding nobody knows': `${POST}Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
    'a space before the colon': `${POST}Content-Length : ${call.length}\r\n\r\n${call}`,
    'a folded header': `${POST}X: a\r\n b\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n${chunked}`,
    'a length with a sign': `${POST}Content-Length: +${call.length}\r\n\r\n${call}`,
    'a length in hexadecimal': `${POST}Content-Length: 0x10\r\n\r\n${call}`,
    'a negative length': `${POST}Content-Length: -1\r\n\r\n${call}`,
    'a size that is no number': `${POST}Transfer-Encoding: chunked\r\n\r\nZZ\r\n${call}`,
    'a size that is too large': `${POST}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n${call}`,
    'a chunk longer than it says': `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n${call}\r\n0\r\n\r\n`,
    'lines that end in a line feed': `${POST}Content-Length: ${call.length}\r\n\r\n`.replaceAll('\r\n', '\n') + call,
    'a header with a NUL': `${POST}X: a\0b\r\nContent-Length: ${call.length}\r\n\r\n${call}`,
    'a version of its own': `${POST}Content-Length: ${call.length}\r\n\r\n${call}`.replace('HTTP/1.1', 'HTTP/1.9'),
    'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  };
  for (const [what, sent] of Object.entries(ambiguous)) {
    const answers = await answersTo(sent + smuggled);
    t.match(answers, /^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"invalid_request"/s, what);
    t.equal(answers.match(/HTTP\/1\.1 /g)?.length, 1, `${what}: one answer and no more`);
  }
  t.equal(await head(), before, 'nothing was recorded');
  t.match(await answersTo(smuggled), /^HTTP\/1\.1 201 /, 'by itself it is a request');
});

t.test('a request names its host once', async (t) => {
  const problem = /^HTTP\/1\.1 400 .*"errors":\[\{"header":"Host"/s;
  t.match(await answersTo(GET.replace('Host: localhost\r\n', '')), problem, 'none');
  t.match(await answersTo(GET.replace('Host', 'Host: localhost\r\nHost')), problem, 'two');
  t.match(await answersTo(GET.replace('Host', 'host: evil.example\r\nHost')), problem, 'another one first');
  t.match(
    await answersTo(GET.replace('Host: localhost\r\n', '').replace('1.1', '1.0')),
    /^HTTP\/1\.1 200 /,
    'HTTP/1.0',
  );
});

t.test('what a request expects or would rather speak is passed over', async (t) => {
  for (const header of ['Expect: the-unexpected', 'Upgrade: websocket\r\nConnection: upgrade', 'Upgrade: h2c'])
    t.match(await answersTo(GET.replace('Connection', `${header}\r\nConnection`)), /^HTTP\/1\.1 200 OK/, header);
  t.equal(await answersTo('CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n'), '', 'no tunnel is opened');
});

t.test('a packed body is refused unopened', async (t) => {
  const before = await head();
  const zeros = Buffer.alloc(100_000_000);
  const packed = {
    gzip: gzipSync(zeros),
    deflate: deflateSync(zeros),
    br: brotliCompressSync(call),
    'gzip, gzip': gzipSync(gzipSync(zeros)),
  };
  for (const [coding, body] of Object.entries({ ...packed, GZIP: gzipSync(call), nonsense: Buffer.from(call) })) {
    for (const [url, type] of [
      ['/v1/events', 'json'],
      ['/v1/events/batch', 'json'],
      ['/v1/events/batch', 'x-ndjson'],
      ['/v1/projections/issues/rebuilds', 'json'],
    ]) {
      const headers = { 'content-type': `application/${type}`, 'content-encoding': coding };
      const answer = await demarche.post(url!, body, headers);
      t.match(answer, {
        status: 415,
        headers: { 'accept-encoding': 'identity' },
        body: { code: 'unsupported_media_type', errors: [{ header: 'Content-Encoding' }] },
      });
    }
  }
  t.match(
    await answersTo(`${POST}Transfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
    /^HTTP\/1\.1 415 .*"errors":\[\{"header":"Transfer-Encoding"/s,
  );
  t.equal(await head(), before);
  t.equal((await demarche.post('/v1/events', call, { 'content-encoding': 'identity' })).status, 201);
});

t.test('no address leads out of the documentation', async (t) => {
  const ways = [
    '..',
    '%2e%2e',
    '.%2e',
    '%252e%252e',
    '..%2f..',
    '..%5c..',
    '....//',
    '%c0%ae%c0%ae',
    '..;',
    '\\..',
    '%00',
    '//etc',
  ];
  for (const way of ways) {
    for (const file of ['package.json', 'etc/passwd', 'src/main.ts', 'js/../../package.json']) {
      for (const start of ['/docs', '/docs/js', '/openapi.json']) {
        const answers = await answersTo(GET.replace('/v1/log', `${start}/${way}/${file}`));
        t.match(answers, /^HTTP\/1\.1 (?:400|404) .*application\/problem\+json/s, `${start}/${way}/${file}`);
        t.notMatch(answers, /root:|"dependencies"|import /);
      }
    }
  }
});

t.test('text of every script and direction is kept as it was sent, and too much of it refused', async (t) => {
  const texts = [
    '\u202eevil\u202c',
    '\u2066\u2067\u2068\u2069',
    '\uFEFFstart',
    'e\u0301'.repeat(500),
    '👩‍👩‍👧‍👦'.repeat(100),
    '\u{10ffff}',
    'ﷺ'.repeat(1_000),
    '\u0001\u001b[31m',
    '</script>',
    'a\r\nb',
  ];
  for (const summary of texts) {
    const event = JSON.parse(call);
    const { status, body } = await demarche.post('/v1/events', { ...event, data: { ...event.data, summary } });
    t.equal(status, 201, JSON.stringify(summary.slice(0, 20)));
    const kept = await demarche.get(`/v1/events/${body.id}?minSequence=${body.sequence}`);
    t.equal(kept.body.data.summary, summary);
  }
  for (const summary of ['x'.repeat(2_001), '👩‍👩‍👧‍👦'.repeat(1_000), 'e\u0301'.repeat(100_000)]) {
    const event = JSON.parse(call);
    t.match(await demarche.post('/v1/events', { ...event, data: { ...event.data, summary } }), {
      status: 400,
      body: { errors: [{ pointer: '/data/summary', expected: 'at most 2000 characters' }] },
    });
  }
});

t.test(`of a stream of ${LINES} lines the broken one in the middle refuses only itself`, async (t) => {
  const before = await head();
  const broken = LINES / 2;
  function* lines() {
    for (let n = 0; n < LINES; n++) yield n === broken ? '{"type":"CallHeld",}\n' : `${call}\n`;
  }
  const sending = httpRequest({
    port,
    method: 'POST',
    path: '/v1/events/batch',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answer = once(sending, 'response') as Promise<[IncomingMessage]>;
  const read = answer.then(async ([response]) => ({
    status: response.statusCode,
    body: (await json(response)) as any,
  }));
  await pipeline(Readable.from(lines()), sending);
  const { status, body } = await read;
  t.equal(status, 200);
  t.equal(body.results.length, LINES);
  t.match(body.results[broken], {
    index: broken,
    status: 'refused',
    sequence: null,
    problem: { code: 'invalid_json' },
  });
  t.same(
    body.results.findIndex(({ status: each }: { status: string }, n: number) => n !== broken && each !== 'recorded'),
    -1,
    'all others are recorded',
  );
  t.same([body.sequence, await head()], [before + LINES - 1, before + LINES - 1]);
});
