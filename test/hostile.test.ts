// Whatever is sent, the answer is a success or a problem with a stable code, never a failure of the server; and nothing that was
// refused leaves a trace in the log.
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import { pointerOf } from '../src/domain/reference.ts';
import { PROBLEMS } from '../src/http/problem.ts';
import { startDemarche } from './support/demarche.ts';
import { pathsIn, valueAt, withValue } from './support/paths.ts';
import { ENVELOPE, type Event, EXAMPLES, setTheStage, storyAgain, uuid } from './support/stage.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

const demarche = await startDemarche(t);
await setTheStage(demarche);

let copies = 0;

/** An example as it can be posted again and again. */
async function fresh(example: Event): Promise<Event> {
  const story = storyAgain(example, ++copies);
  if (story.length > 1) await demarche.record(...story.slice(0, -1));
  return story.at(-1)!;
}

/** Whether the answer is a stream that does not end; test/feed.test.ts asks for that. */
function isEndless(operation: any): boolean {
  return operation?.operationId === 'followEvents';
}

async function head(): Promise<number> {
  return (await demarche.get('/v1/log')).body.sequence;
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  body: any;
}

/** Sends a request; what comes back must be a success, or a problem whose status is that of its code and no failure. */
async function send(asked: InjectOptions): Promise<Answer> {
  const { statusCode: status, headers, body } = await demarche.app.inject(asked);
  const answer = { status, headers, text: body, body: body === '' ? undefined : JSON.parse(body) };
  const shown = () => `${JSON.stringify(asked).slice(0, 500)}: ${status} ${body.slice(0, 500)}`;
  if (status >= 400) {
    if (!String(headers['content-type']).startsWith('application/problem+json'))
      throw new Error(`No problem: ${shown()}`);
    if (asked.method !== 'HEAD') requireStable(answer.body, shown);
  } else if (status >= 300) throw new Error(`Neither success nor problem: ${shown()}`);
  for (const { problem } of answer.body?.results ?? []) if (problem) requireStable(problem, shown);
  return answer;
}

function requireStable(problem: any, shown: () => string): void {
  const [status] = PROBLEMS[problem?.code as keyof typeof PROBLEMS] ?? [];
  if (status === undefined || problem.status !== status || status >= 500 || !problem.detail)
    throw new Error(`No stable problem of the client's: ${shown()}`);
}

const json = (body: unknown) => (typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: json(body),
  });
}

const get = (url: string) => send({ method: 'GET', url });

/** An event posted by itself, in an array and as a line: three answers, which must say the same about it. */
async function postThreeWays(event: string | object): Promise<any[]> {
  const body = json(event) as string;
  const single = await post('/v1/events', body);
  const inArray = await post('/v1/events/batch', `[${body}]`);
  const asLine = await post('/v1/events/batch', `${body}\n`, NDJSON);
  return [single.body, inArray.body.results[0].problem, asLine.body.results[0].problem];
}

async function refusedThreeWays(t: Test, event: string | object, error: object, what: string): Promise<void> {
  for (const problem of await postThreeWays(event))
    t.match(problem, { code: 'invalid_request', errors: [error] }, what);
}

t.test('every example is recorded here as it stands, so what is changed in it is what is refused', async (t) => {
  for (const example of EXAMPLES) t.equal((await post('/v1/events', await fresh(example))).status, 201, example.type);
});

t.test('NUL and half surrogate pairs are refused in every text of every event type', async (t) => {
  const before = await head();
  for (const example of EXAMPLES) {
    const texts = pathsIn(example).filter((path) => typeof valueAt(example, path) === 'string');
    for (const path of texts) {
      for (const bad of ['\0', '\ud800', 'a\udc00']) {
        const event = withValue(example, path, `${String(valueAt(example, path))}${bad}`) as object;
        const { status, body } = await post('/v1/events', event);
        t.match({ status, body }, { status: 400, body: { errors: [{ pointer: pointerOf(path) }] } }, example.type);
      }
    }
  }
  t.equal(await head(), before);
});

t.test(
  'names that JavaScript gives a meaning to are unknown fields, in every object and however they come',
  async (t) => {
    const before = await head();
    const call = EXAMPLES.find(({ type }) => type === 'CallHeld')!;
    const objects = pathsIn(call).filter((path) => {
      const value = valueAt(call, path);
      return typeof value === 'object' && !Array.isArray(value);
    });
    for (const path of objects) {
      for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
        const marked = JSON.stringify(withValue(call, [...path, 'MARK'], { polluted: true }));
        const error = { pointer: pointerOf([...path, name]), found: 'an unknown field' };
        await refusedThreeWays(t, marked.replace('"MARK"', JSON.stringify(name)), error, error.pointer);
      }
    }
    t.equal(({} as any).polluted, undefined);
    const corrected = {
      type: 'EventCorrected',
      occurred: '2024',
      data: { event: uuid(1), reason: 'x', replacement: {} },
    };
    const sneaked = JSON.stringify(corrected).replace(
      '{}',
      '{"data":{"__proto__":{"participants":["russia","germany"]}}}',
    );
    await refusedThreeWays(t, sneaked, { pointer: '/data/replacement/data/__proto__' }, 'where any data may stand');
    t.equal(await head(), before);
  },
);

t.test('nesting of 10,000 levels is refused wherever it stands', async (t) => {
  const before = await head();
  const call = EXAMPLES.find(({ type }) => type === 'CallHeld')!;
  const correction = EXAMPLES.find(({ type }) => type === 'EventCorrected')!;
  const nests = ['['.repeat(10_000) + ']'.repeat(10_000), `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`];
  const places = [
    '"MARK"',
    JSON.stringify({ ...call, data: 'MARK' }),
    JSON.stringify({ ...call, data: { ...call.data, participants: 'MARK' } }),
    JSON.stringify({ ...call, source: { title: 'MARK' } }),
    JSON.stringify({ ...call, expectedVersion: 'MARK' }),
    JSON.stringify({ ...correction, data: { ...correction.data, replacement: { data: { a: 'MARK' } } } }),
  ];
  for (const nest of nests) {
    for (const place of places)
      await refusedThreeWays(
        t,
        place.replace('"MARK"', () => nest),
        { expected: 'at most 64 levels' },
        place.slice(0, 60),
      );
    const asBody = await post('/v1/events/batch', nest);
    t.ok(asBody.status === 400 || asBody.body.results[0].status === 'refused');
  }
  t.equal(await head(), before);
});

t.test('a body of 20 MB is refused unread, a line of 20 MB by itself', async (t) => {
  const before = await head();
  const call = JSON.stringify(EXAMPLES.find(({ type }) => type === 'CallHeld'));
  const long = `{"type":"${'x'.repeat(20_000_000)}"}`;
  t.match(await post('/v1/events', long), { status: 413, body: { code: 'payload_too_large', detail: /1 MB.*16 MB/ } });
  t.match(await post('/v1/events/batch', `[${long}]`), { status: 413, body: { code: 'payload_too_large' } });
  const { status, body } = await post('/v1/events/batch', `${call}\n${long}\n${call}\n`, NDJSON);
  t.equal(status, 200);
  t.match(body.results, [
    { status: 'recorded', sequence: before + 1 },
    { status: 'refused', problem: { code: 'payload_too_large' } },
    { status: 'recorded', sequence: before + 2 },
  ]);
});

t.test('numbers that are none, too large or not whole are refused; minus zero is zero', async (t) => {
  const reaction = EXAMPLES.find(({ type }) => type === 'ReactionIssued')!;
  for (const path of [
    ['data', 'sentiment'],
    ['stance', 'position'],
    ['grade', 'credibility'],
  ]) {
    const marked = JSON.stringify(withValue(reaction, path, 'MARK'));
    const pointer = pointerOf(path);
    for (const number of ['1e400', '-1e400', '9007199254740993', '1e308', '0.5', '1e-400e', '-9']) {
      const answer = await post('/v1/events', marked.replace('"MARK"', number));
      t.equal(answer.status, 400, `${pointer} ${number}`);
      t.match(answer.body, number.endsWith('e') ? { code: 'invalid_json' } : { errors: [{ pointer }] });
    }
    for (const nonsense of ['NaN', 'Infinity', '-Infinity', '0x1', '01', '+1', '1_000'])
      t.match(await post('/v1/events', marked.replace('"MARK"', nonsense)), {
        status: 400,
        body: { code: 'invalid_json' },
      });
  }
  const { status, body } = await post(
    '/v1/events',
    JSON.stringify(withValue(reaction, ['data', 'sentiment'], 'MARK')).replace('"MARK"', '-0'),
  );
  t.equal(status, 201);
  t.equal(body.data.sentiment, 0);
  t.same((await get(`/v1/events/${body.id}`)).body.data, body.data);
});

t.test('what a correction puts in place is no way around any of this', async (t) => {
  const before = await head();
  const correction = (data: string) =>
    `{"type":"EventCorrected","occurred":"2024","data":{"event":"${uuid(1)}","reason":"x","replacement":{"data":${data}}}}`;
  const refused: [data: string, pointer: string][] = [
    ['{"durationMinutes":1e400}', '/durationMinutes'],
    ['{"topics":[-1e400]}', '/topics/0'],
    ['{"summary":"\\u0000"}', '/summary'],
    ['{"summary":"\\ud800"}', '/summary'],
    ['{"\\udc00":1}', '/\udc00'],
    ['{"x":{"y\\u0000":1}}', '/x/y\0'],
  ];
  for (const [data, pointer] of refused)
    await refusedThreeWays(t, correction(data), { pointer: `/data/replacement/data${pointer}` }, data);
  t.equal(await head(), before);
});

t.test('bytes that are not UTF-8 are refused, not mended', async (t) => {
  const before = await head();
  const [start, end] = JSON.stringify({ ...EXAMPLES[0], correlationId: 'MARK' }).split('MARK') as [string, string];
  const broken = {
    'a lone byte': [0xff],
    'a lone continuation': [0x80],
    'a cut sequence': [0xe2, 0x82],
    'an overlong slash': [0xc0, 0xaf],
    'an encoded surrogate': [0xed, 0xa0, 0x80],
    'beyond Unicode': [0xf5, 0x80, 0x80, 0x80],
  };
  for (const [what, bytes] of Object.entries(broken)) {
    const body = Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(end)]);
    const problem = { code: 'invalid_json', detail: 'The body is not valid UTF-8.' };
    t.match(await post('/v1/events', body), { status: 400, body: problem }, what);
    t.match(await post('/v1/events/batch', body), { status: 400, body: problem }, what);
    const line = await post('/v1/events/batch', body, NDJSON);
    t.match(line.body.results, [{ problem: { ...problem, detail: 'The line is not valid UTF-8.' } }], what);
  }
  t.equal(await head(), before);
});

t.test('bodies that are missing, empty or of another kind are refused', async (t) => {
  const before = await head();
  const event = JSON.stringify(EXAMPLES.find(({ type }) => type === 'CallHeld'));
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    '*/*',
    'json',
    '',
  ];
  for (const url of ['/v1/events', '/v1/events/batch', '/v1/events/batch?atomic=true']) {
    for (const type of types)
      t.match(
        await post(url, event, { 'content-type': type }),
        { status: 415, body: { code: 'unsupported_media_type' } },
        type,
      );
    for (const empty of ['', ' ', '\n', '\uFEFF'])
      t.match(await post(url, empty), { status: 400, body: { code: 'invalid_json' } }, JSON.stringify(empty));
    t.match(await send({ method: 'POST', url }), { status: 400, body: { errors: [{ pointer: '' }] } }, 'no body');
    for (const other of ['null', '1', '"event"', 'true'])
      t.match(
        await post(url, other),
        { status: 400, body: { code: 'invalid_request', errors: [{ pointer: '' }] } },
        other,
      );
    for (const broken of ['{', '[1,]', "{'type':1}", 'undefined', `${event}${event}`, '// no'])
      t.match(await post(url, broken), {
        status: 400,
        body: { code: 'invalid_json', detail: /^The body is not JSON: / },
      });
  }
  t.match(await post('/v1/events', event, NDJSON), { status: 415 }, 'a stream of lines is a batch');
  t.match(await post('/v1/events', '[]'), { status: 400, body: { errors: [{ found: '[]' }] } });
  t.match(await post('/v1/events/batch', '{}'), {
    status: 400,
    body: { errors: [{ expected: 'an array of events' }] },
  });
  t.match(await post('/v1/events/batch', '[]'), { status: 200, body: { results: [], sequence: before } });
  t.match(await post('/v1/events/batch', '', NDJSON), { status: 200, body: { results: [], sequence: before } });
  t.equal(await head(), before);
  t.equal((await post('/v1/events', event, { 'content-type': 'Application/JSON ; Charset=UTF-8' })).status, 201);
});

t.test('a field that is there twice is refused, wherever it stands and however its name is written', async (t) => {
  const before = await head();
  const call = JSON.stringify({ ...EXAMPLES.find(({ type }) => type === 'CallHeld'), ...ENVELOPE });
  const twice: [once: string, again: string, pointer: string][] = [
    ['"type":', '"type":"MeetingHeld",', '/type'],
    ['"occurred":', '"occurred":"1999" ,', '/occurred'],
    ['"data":', '"data"\t:{"a":{"a":[{}]}},', '/data'],
    ['"participants":', '"p\\u0061rticipants":["nobody"],', '/data/participants'],
    ['"label":', '"label":"\\"\\\\",', '/attribution/1/label'],
    ['"publisher":', '"a/b":1,"a/b":"publisher",', '/source/a~1b'],
  ];
  for (const [once, again, pointer] of twice) {
    const event = call.replace(once, again + once);
    const problem = { code: 'invalid_request', errors: [{ found: 'a field that is there twice', pointer }] };
    t.match(await post('/v1/events', event), { status: 400, body: problem }, pointer);
    t.match((await post('/v1/events/batch', `${event}\n`, NDJSON)).body.results, [{ problem }], pointer);
  }
  const inAnArray = await post('/v1/events/batch', `[${call},{"type":"CallHeld","type":"CallHeld"}]`);
  t.match(inAnArray, { status: 400, body: { errors: [{ pointer: '/1/type' }] } }, 'of an array nothing is recorded');
  t.match(await post('/v1/projections/issues/rebuilds', '{"dryRun":true,"dryRun":false}'), {
    status: 400,
    body: { errors: [{ pointer: '/dryRun' }] },
  });
  t.equal(await head(), before);
  const alike = JSON.parse(call);
  alike.data.summary = '{"a":"b","a":"c"} \\" \\\\';
  t.equal((await post('/v1/events', alike)).status, 201, 'what only looks like it is recorded');
});

t.test('a cursor that was tampered with is refused', async (t) => {
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const place = { earliest: '2024-11-15', latest: '2024-11-15', sequence: 3 };
  const own = { slug: 'germany', sequence: 3, date: place, speaker: { ...place, speaker: 'germany' } };
  const lists: [url: string, kind: keyof typeof own][] = [
    ['/v1/events?', 'date'],
    ['/v1/events?order=recorded&', 'sequence'],
    [`/v1/events/${uuid(1)}/reactions?`, 'date'],
    ['/v1/actors?', 'slug'],
    ['/v1/issues?', 'slug'],
    ['/v1/rebuilds?', 'sequence'],
    ['/v1/actors/germany/positions?', 'slug'],
    ['/v1/issues/troop-withdrawal/positions?', 'slug'],
    ...['demands', 'proposals', 'commitments', 'negotiations', 'encounters', 'aid', 'evidence'].map(
      (list): [string, 'date'] => [`/v1/${list}?`, 'date'],
    ),
    ['/v1/contacts?between=germany,russia&', 'date'],
    ['/v1/relations/germany/russia/events?', 'date'],
    ['/v1/changes?from=2024-01-01&to=2024-12-31&', 'speaker'],
    ['/v1/positions/germany/troop-withdrawal?', 'speaker'],
  ];
  const places = [
    null,
    true,
    [],
    {},
    '',
    '\0',
    '\ud800',
    "' or 1=1",
    'x'.repeat(81),
    -1,
    0.5,
    2 ** 53,
    1e300,
    { ...place, earliest: '0000-01-01' },
    { ...place, earliest: '2024-02-30' },
    { ...place, earliest: 'infinity' },
    { ...place, sequence: '1; drop table log.event' },
    { ...place, more: 1 },
  ];
  const broken = ['', 'x', '====', '%00', 'null', 'A'.repeat(1001)];
  for (const [url, kind] of lists) {
    const [list] = url.split('?');
    const refused = (cursor: string) =>
      get(`${url}cursor=${cursor}`).then((answer) =>
        t.match(answer, { status: 400, body: { errors: [{ parameter: 'cursor' }] } }, `${url}cursor=${cursor}`),
      );
    t.equal((await get(`${url}cursor=${encoded([list, own[kind]])}`)).status, 200, url);
    for (const [other, wrong] of Object.entries(own)) if (other !== kind) await refused(encoded([list, wrong]));
    for (const wrong of places) await refused(encoded([list, wrong]));
    for (const wrong of [own[kind], [list], [own[kind], list], [list, own[kind], list]]) await refused(encoded(wrong));
    for (const cursor of broken) await refused(cursor);
    for (const [other] of lists) {
      const [name] = other.split('?');
      if (name !== list) await refused(encoded([name, own[kind]]));
    }
  }
  const { body: page } = await get('/v1/actors?limit=1&kind=state');
  t.match((await get(`/v1/actors?limit=1&cursor=${page.next}`)).body.items, [{ actor: String }], 'filters may change');
});

t.test('a date is recorded with bounds that are in order, or it is refused', async (t) => {
  const statement = EXAMPLES.find(({ type }) => type === 'StatementMade')!;
  const absurd = [
    '/ .. ../.. // - ? ~ X XXXX XXXX-XX-XX 20XX 202X-11 2024-XX-15 0000 -0001 -2024 99999 Y170000002 Y-17E7 1e9',
    '2024-W05 2024-366 2024-00 2024-13 2024-02-30 2023-02-29 2024-11-31 2024-1-1 24-11-15 ２０２４',
    '2024-11-15T25:00 2024-11-15T10:00:00+99:99 2024-11-15T10:00:00Z 2024-21 2024-24 2024-25 2024-41',
    '[1667,1668] {1667..1668} [..1984] 2024?~ 2024% %2024 ?2024-?11 2024-11-15/2024-11-14 2024/2023',
    '../2024 2024/.. /2024 2024/ 2024-11~/2024-12? null NaN now',
  ].flatMap((dates) => dates.split(' '));
  const spaced = ['', ' ', '2024-11-15 ', '2024-11-15\n', "'; select 1 --", '2024-11-15'.repeat(6), '9'.repeat(10_000)];
  for (const occurred of [...absurd, ...spaced]) {
    for (const path of [['occurred'], ['source', 'published']]) {
      const { status, body } = await post('/v1/events', withValue(statement, path, occurred));
      const what = `${path.join('.')} ${JSON.stringify(occurred.slice(0, 70))}`;
      if (status === 201) {
        const { edtf, earliest, latest } = body.occurred;
        t.equal(edtf, path.length === 1 ? occurred : '2024-11-15', what);
        t.ok((earliest ?? '0001') <= (latest ?? '9999'), `${what}: ${earliest} to ${latest}`);
      } else t.match(body, { code: /invalid_request|event_refused/, errors: [{ pointer: pointerOf(path) }] }, what);
    }
  }
});

t.test('no filter is an inlet for SQL or for headers', async (t) => {
  const { body: document } = await get('/openapi.json');
  const attacks = [
    "' or '1'='1",
    "'; drop table log.event; --",
    '$1',
    '\\',
    "\\' or true --",
    'x\r\nSet-Cookie: stolen=1',
    '%25%5f',
    '{}',
    '(select 1)',
    '\u202e\u{1f600}',
    '-- ',
    '1e1000',
  ];
  const alsoAsked: Record<string, Record<string, string>> = {
    '/v1/contacts': { between: 'germany,russia' },
    '/v1/changes': { from: '2024-01-01', to: '2024-12-31' },
    '/v1/alignments': { actors: 'germany,russia' },
    '/v1/log/consistency': { from: '1' },
  };
  for (const [path, { get: operation }] of Object.entries<any>(document.paths)) {
    if (isEndless(operation)) continue;
    for (const { name, in: place } of operation?.parameters ?? []) {
      if (place !== 'query') continue;
      const asked = path
        .replace(/\{(actor|a)\}/, 'germany')
        .replace('{b}', 'russia')
        .replace('{issue}', 'troop-withdrawal')
        .replace('{type}', 'CallHeld')
        .replace('{id}', uuid(1));
      for (const attack of attacks) {
        const { status, headers, body } = await get(
          `${asked}?${new URLSearchParams({ ...alsoAsked[path], [name]: attack }).toString()}`,
        );
        t.equal(headers['set-cookie'], undefined);
        if (status === 200) t.same(body.items, [], `${name}=${attack} finds nothing`);
        // What could be a name is asked for, and known to nobody.
        else if (status === 404) t.match(body, { detail: `"${attack}" is registered`, errors: [{ parameter: name }] });
        else t.match(body.errors, [{ parameter: name }], `${name}=${attack}`);
      }
    }
  }
  const correlationId = 'a"\r\nSet-Cookie: stolen=1';
  const call = EXAMPLES.find(({ type }) => type === 'CallHeld')!;
  const last = await demarche.record({ ...call, correlationId }, { ...call, correlationId });
  const page = await get(`/v1/events?limit=1&minSequence=${last}&correlation=${encodeURIComponent(correlationId)}`);
  t.equal(page.body.items.length, 1);
  t.equal(page.headers['set-cookie'], undefined);
  t.match(page.headers['link'], /^<\/v1\/events\?[\w=&%+.-]+>; rel="next"$/, 'a link repeats it encoded');
});

t.test('parameters that are given twice, nested or never heard of are refused by name', async (t) => {
  const { body: document } = await get('/openapi.json');
  for (const { name, schema } of document.paths['/v1/events'].get.parameters) {
    for (const [query, parameter] of [
      [`${name}[]=1`, `${name}[]`],
      [`${name}[a]=1`, `${name}[a]`],
      [`${name}x9=1`, `${name}x9`],
      ...(schema.type === 'array' ? [] : [[`${name}=2024-01-01&${name}=2024-01-01`, name]]),
    ] as [string, string][])
      t.match(await get(`/v1/events?${query}`), { status: 400, body: { errors: [{ parameter }] } }, query);
  }
  for (const name of ['__proto__', 'constructor', 'toString'])
    t.match(await get(`/v1/log?${name}=1`), { status: 400, body: { errors: [{ parameter: name }] } }, name);
});

t.test('addresses that are overlong or badly encoded are answered with a problem', async (t) => {
  const long = 'x'.repeat(15_000);
  const expected: [url: string, status: number, code: string][] = [
    [`/v1/actors/${long}`, 400, 'invalid_request'],
    [`/v1/issues/${long}/positions`, 400, 'invalid_request'],
    [`/v1/positions/${long}/${long}`, 400, 'invalid_request'],
    [`/v1/events/${long}`, 400, 'invalid_request'],
    [`/v1/event-types/${long}`, 404, 'not_found'],
    [`/${long}`, 404, 'not_found'],
    [`/v1/events?text=${long}`, 400, 'invalid_request'],
    [`/v1/events?stream=${long}`, 400, 'invalid_request'],
    [`/v1/events?correlation=${long}`, 400, 'invalid_request'],
    [`/v1/events?${long}=1`, 400, 'invalid_request'],
    [`/v1/events?type=${'CallHeld,'.repeat(101)}`, 400, 'invalid_request'],
    ['/v1/actors/%', 400, 'invalid_request'],
    ['/v1/actors/%zz', 400, 'invalid_request'],
    ['/v1/actors/%ff', 400, 'invalid_request'],
    ['/v1/actors/%00', 400, 'invalid_request'],
    ['/v1/actors/..%2f..%2fetc%2fpasswd', 400, 'invalid_request'],
    ['/v1/events?%=1', 400, 'invalid_request'],
    ['/v1/events?text=%00', 400, 'invalid_request'],
    ['/v1/events?knownAt=0000-01-01T00:00:00%2B23:59', 200, ''],
    ['/v1/events?knownAt=9999-12-31T23:59:59-23:59', 200, ''],
    ['/v1/events?from=0000-12-31', 400, 'invalid_request'],
    ['/docs/%2e%2e%2fpackage.json', 404, 'not_found'],
  ];
  for (const [url, status, code] of expected) {
    const answer = await get(url);
    t.match(answer, { status, body: code ? { code } : {} }, url.slice(0, 60));
    if (status >= 400) t.ok(answer.text.length < 4_000, `${url.slice(0, 40)}: the answer does not repeat it all`);
  }
});

t.test('HEAD is GET without the body; by another method an address says which it takes', async (t) => {
  const { body: document } = await get('/openapi.json');
  const taken = new Map<string, string[]>(
    Object.entries<object>(document.paths).map(([path, operations]) => {
      const own = Object.keys(operations).map((method) => method.toUpperCase());
      const methods = own.includes('GET') ? [...own, 'HEAD'] : own;
      return [path.replaceAll(/\{\w+\}/g, '1'), methods];
    }),
  );
  // GET /v1/events/batch asks for the event of that id.
  taken.get('/v1/events/batch')!.push('GET', 'HEAD');
  taken.set('/openapi.json', ['GET', 'HEAD']).set('/docs/', ['GET', 'HEAD']);
  for (const [url, methods] of taken) {
    const allow = methods.toSorted().join(', ');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND'] as const) {
      if (methods.includes(method)) continue;
      const answer = await send({ method, url: `${url}?x=1`, payload: '{"a":' });
      t.match(answer, { status: 405, headers: { allow }, body: { code: 'method_not_allowed' } }, `${method} ${url}`);
    }
    if (!methods.includes('HEAD')) t.equal((await send({ method: 'HEAD', url })).status, 405, `HEAD ${url}`);
  }
  for (const url of ['/v1/log', '/v1/events', '/v1/actors/germany', '/health/live']) {
    const { status, text } = await send({ method: 'HEAD', url });
    t.same([status, text], [200, ''], `HEAD ${url}`);
  }
  t.equal((await send({ method: 'HEAD', url: '/v1/actors/nobody' })).status, 404);
  for (const method of ['GET', 'PUT', 'OPTIONS', 'TRACE'] as const) {
    const detail = `There is no ${method} /v1/acters;`;
    t.match(await send({ method, url: '/v1/acters' }), { status: 404, body: { code: 'not_found', detail } });
  }
});

t.test('no header and no parameter makes another method of the one that was sent', async (t) => {
  for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    const answer = await send({ method: 'POST', url: '/v1/log', headers: { [header]: 'GET' } });
    t.match(answer, { status: 405, headers: { allow: 'GET, HEAD' } }, header);
  }
  t.match(await get('/v1/log?_method=POST'), { status: 400, body: { errors: [{ parameter: '_method' }] } });
});

t.test('a request that a web page sent to this machine by another name is refused', async (t) => {
  const before = await head();
  const event = JSON.stringify(EXAMPLES.find(({ type }) => type === 'CallHeld'));
  for (const host of [
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '[::]',
  ]) {
    const problem = { status: 421, body: { code: 'misdirected_request', detail: /Ask for localhost or 127\.0\.0\.1/ } };
    t.match(await post('/v1/events', event, { host }), problem, host);
    t.match(await send({ method: 'GET', url: '/v1/log', headers: { host } }), problem, host);
  }
  t.equal(await head(), before);
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000'])
    t.equal((await send({ method: 'GET', url: '/v1/log', headers: { host } })).status, 200, host);
});

t.test('what is no HTTP is answered with a problem on a socket that is then closed', async (t) => {
  await demarche.app.listen({ port: 0 });
  const { port } = demarche.app.server.address() as AddressInfo;
  const expected: [sent: string, status: number, code: string][] = [
    ['GARBAGE\r\n\r\n', 400, 'invalid_request'],
    [`GET /v1/log HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /v1/log?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431, 'headers_too_large'],
    [
      'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
      400,
      'invalid_request',
    ],
    [
      'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
      400,
      'invalid_request',
    ],
  ];
  for (const [sent, status, code] of expected) {
    const socket = connect(port);
    await once(socket, 'connect');
    socket.write(sent);
    const answer = await text(socket);
    t.match(
      answer,
      new RegExp(`^HTTP/1\\.1 ${status} .*application/problem\\+json.*"code":"${code}"`, 's'),
      sent.slice(0, 40),
    );
  }
});
