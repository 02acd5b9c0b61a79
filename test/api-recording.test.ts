// Recording over HTTP: one event, a batch, a stream of lines; what is answered, and how what cannot be recorded is refused.
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { LogUnavailable } from '../src/events/log-unavailable.ts';
import { CAST, actor, office, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';

const demarche = await startDemarche(t);
await demarche.record(
  ...CAST,
  office('OfficeVacated', 'olaf-scholz', 'Federal Chancellor', 'germany', '2024-11-19'),
  actor('dmitry-peskov'),
);

const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;

function call(more: Record<string, unknown> = {}, data: Record<string, unknown> = {}) {
  return {
    type: 'CallHeld',
    occurred: '2024-11-15',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], ...data },
    ...more,
  };
}

const said = (speaker: string, data: Record<string, unknown> = {}) => ({
  speaker,
  summary: 'Something was said',
  ...data,
});

async function head(): Promise<number> {
  const { body } = await demarche.get('/v1/log');
  return body.sequence;
}

t.test('an event is answered with everything that the log adds to it', async (t) => {
  const before = await head();
  const event = call({ id: uuid(1), source: { title: 'A report' } }, { durationMinutes: 60 });
  const { status, headers, body } = await demarche.post('/v1/events', event);
  t.equal(status, 201);
  t.match(headers, { location: `/v1/events/${uuid(1)}`, etag: '"1"', 'idempotent-replayed': undefined });
  const { recorded, hash, ...rest } = body;
  t.match(recorded, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.match(hash, /^[0-9a-f]{64}$/);
  t.strictSame(rest, {
    id: uuid(1),
    type: 'CallHeld',
    sequence: before + 1,
    stream: `call-${uuid(1)}`,
    version: 1,
    occurred: {
      edtf: '2024-11-15',
      earliest: '2024-11-15',
      latest: '2024-11-15',
      precision: 'day',
      approximate: false,
      uncertain: false,
    },
    recordedBy: 'local',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], durationMinutes: 60 },
    source: { title: 'A report' },
    attribution: null,
    modality: 'asserted',
    grade: null,
    coding: {
      cameo: '041',
      codedBy: 'default',
      name: 'Discuss by telephone',
      goldstein: 1,
      quadClass: 'verbal_cooperation',
      plover: { type: 'CONSULT', mode: 'phone', contexts: [] },
    },
    stance: null,
    correlationId: null,
    causationId: null,
    counted: true,
    redacted: null,
  });

  const again = await demarche.get(headers['location'] as string);
  t.match(again, { status: 200, headers: { etag: '"1"' }, body }, 'and is found where the answer says');
});

t.test('an event without an id gets one', async (t) => {
  const { status, headers, body } = await demarche.post('/v1/events', call());
  t.equal(status, 201);
  t.match(body.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  t.equal(headers['location'], `/v1/events/${body.id}`);
});

t.test('a post that is repeated is answered with the first result', async (t) => {
  const first = await demarche.post('/v1/events', call({ id: uuid(2) }));
  const before = await head();
  const spelt = `{ "data": {"participants":["olaf-scholz", "vladimir-putin"]}, "occurred":"2024-11-15",
    "id":"${uuid(2).toUpperCase()}","type":"CallHeld" }`;
  for (const [what, body] of [
    ['as it was', call({ id: uuid(2) })],
    ['with its fields in another order, its white space and the case of its id changed', spelt],
  ] as const) {
    const second = await demarche.post('/v1/events', body);
    t.equal(second.status, 200, what);
    t.match(second.headers, {
      'idempotent-replayed': 'true',
      location: first.headers['location'],
      etag: first.headers['etag'],
    });
    t.strictSame(second.body, first.body);
  }
  t.equal(await head(), before, 'nothing was recorded a second time');
});

t.test('another event under a recorded id is a conflict', async (t) => {
  const { body: first } = await demarche.post('/v1/events', call({ id: uuid(3) }));
  const { status, body } = await demarche.post('/v1/events', call({ id: uuid(3), occurred: '2024-11-14' }));
  t.match(
    { status, body },
    {
      status: 409,
      body: {
        type: 'urn:demarche:problem:id_reused',
        code: 'id_reused',
        detail: `The id ${uuid(3)} is that of event ${first.sequence}, which says something else. Give a new event a new id.`,
        sequence: first.sequence,
      },
    },
  );
  t.equal(await head(), first.sequence);
});

t.test('If-Match records only on the version of the stream that it names', async (t) => {
  const retract = (version: string) =>
    demarche.post(
      '/v1/events',
      { type: 'EventRetracted', occurred: '2024-11-18', data: { event: uuid(4), reason: 'It was withdrawn' } },
      { 'if-match': version },
    );
  const opened = await demarche.post('/v1/events', call({ id: uuid(4) }), { 'if-match': '"0"' });
  t.equal(opened.status, 201, 'version 0 is that of a stream that does not exist yet');
  t.match(await retract('"2"'), {
    status: 412,
    body: {
      code: 'version_conflict',
      detail: `The stream call-${uuid(4)} is in version 1, expected was 2. Read it again and decide anew.`,
      stream: `call-${uuid(4)}`,
      version: 1,
    },
  });
  t.match(await retract(opened.headers['etag'] as string), { status: 201, headers: { etag: '"2"' } });
  for (const malformed of ['2', 'W/"2"', '"x"', '*', '"1", "2"', '"99999999999"', '']) {
    const found = malformed || 'nothing';
    t.match(await retract(malformed), {
      status: 400,
      body: {
        code: 'invalid_request',
        detail: `The header If-Match: found ${found}, expected one version in quotes: "3".`,
        errors: [{ header: 'If-Match', found }],
      },
    });
  }
});

t.test('what has no event’s form is refused by field: what was found, what was expected', async (t) => {
  const aSlug = 'lower-case letters and digits in words joined by hyphens';
  const aUuid = 'a UUID such as 0193302f-1c00-7000-8000-000000000001';
  const types = 'one of the event types';
  const refused: Refusal[] = [
    ['nothing at all', {}, ['/type', 'nothing', `${types} listed by GET /v1/event-types`]],
    ['an unknown type', call({ type: 'CallHedl' }), ['/type', '"CallHedl"', `${types}; the nearest is "CallHeld"`]],
    ['a type that is none', call({ type: 5 }), ['/type', '5', `${types} listed by GET /v1/event-types`]],
    ['missing parts', { type: 'CallHeld' }, ['/occurred', 'nothing', 'a string'], ['/data', 'nothing', 'an object']],
    [
      'unknown fields',
      call({ occured: '2024', frobnication: 1 }, { chanel: 'video' }),
      ['/data/chanel', 'an unknown field', 'a known one; the nearest is "channel"'],
      ['/occured', 'an unknown field', 'a known one; the nearest is "occurred"'],
      ['/frobnication', 'an unknown field', 'one that GET /v1/event-types/CallHeld describes'],
    ],
    ['a stance where none is taken', call({ stance: {} }), ['/stance', 'an unknown field', /^(a known )?one/]],
    [
      'values of other types',
      call({ occurred: 2024, source: 'tagesschau', attribution: {} }, { topics: [1], durationApproximate: 'yes' }),
      ['/occurred', '2024', 'a string'],
      ['/data/durationApproximate', '"yes"', 'true or false'],
      ['/data/topics/0', '1', 'a string'],
      ['/source', '"tagesschau"', 'an object'],
      ['/attribution', '{}', 'an array'],
    ],
    ['an id that is none', call({ id: 'call-1' }), ['/id', '"call-1"', aUuid]],
    ['a date that does not exist', call({ occurred: '2024-13-01' }), ['/occurred', '"2024-13-01"', /^an EDTF date/]],
    [
      'one participant',
      call({}, { participants: ['russia'] }),
      ['/data/participants', '["russia"]', 'at least 2 items'],
    ],
    [
      'one participant twice',
      call({}, { participants: ['russia', 'russia'] }),
      ['/data/participants', '["russia","russia"]', 'each actor once'],
    ],
    [
      'names that are no slugs',
      call({}, { participants: ['Olaf Scholz', 'x'.repeat(81)] }),
      ['/data/participants/0', '"Olaf Scholz"', aSlug],
      ['/data/participants/1', `"${'x'.repeat(76)}…`, 'at most 80 characters'],
    ],
    [
      'a word outside a list',
      call({}, { channel: 'telefone' }),
      ['/data/channel', '"telefone"', 'one of telephone, video; the nearest is "telephone"'],
    ],
    ['half a minute', call({}, { durationMinutes: 0.5 }), ['/data/durationMinutes', '0.5', 'a whole number']],
    ['no minute', call({}, { durationMinutes: 0 }), ['/data/durationMinutes', '0', 'at least 1']],
    ['too many minutes', call({}, { durationMinutes: 10_081 }), ['/data/durationMinutes', '10081', 'at most 10080']],
    ['empty text', call({}, { summary: '' }), ['/data/summary', '""', 'at least 1 character']],
    ['blank text', call({}, { summary: ' \n' }), ['/data/summary', String.raw`" \n"`, 'some text']],
    [
      'a position without a stance',
      { ...position('russia', 'x', 1, '2024'), stance: undefined },
      ['/stance', 'nothing', 'an object'],
    ],
    [
      'a stance beyond the scale',
      position('russia', 'troop-withdrawal', 3, '2024', {}),
      ['/stance/position', '3', 'at most 2'],
    ],
    [
      'a reaction to something of no kind',
      { type: 'ReactionIssued', occurred: '2024', data: said('russia', { to: { kind: 'evnt' }, sentiment: -3 }) },
      ['/data/to/kind', '"evnt"', 'one of event, conduct, proposal; the nearest is "event"'],
      ['/data/sentiment', '-3', 'at least -2'],
    ],
    [
      'an envelope that is wrong throughout',
      call({
        source: { url: 'ftp://example.org', language: 'English' },
        attribution: [{ record: 'anonymous' }],
        modality: 'denied',
        grade: { reliability: 'G', credibility: 7 },
        coding: { cameo: '10', codedBy: 'me' },
        causationId: 'x',
      }),
      ['/source/url', '"ftp://example.org"', 'an http or https URL'],
      ['/source/language', '"English"', 'a BCP 47 language tag such as en or pt-BR'],
      ['/attribution/0', '{"record":"anonymous"}', 'an actor or a label'],
      ['/modality', '"denied"', /^one of asserted, reported/],
      ['/grade/reliability', '"G"', 'one of A, B, C, D, E, F'],
      ['/grade/credibility', '7', 'at most 6'],
      ['/causationId', '"x"', aUuid],
    ],
    ['a source that says nothing', call({ source: {} }), ['/source', '{}', /^at least one of/]],
    [
      'a correction that corrects nothing',
      { type: 'EventCorrected', occurred: '2024', data: { event: uuid(1), reason: 'x', replacement: {} } },
      ['/data/replacement', '{}', 'at least one part to replace'],
    ],
  ];
  const before = await head();
  for (const [what, event, ...errors] of refused) {
    const { status, body } = await demarche.post('/v1/events', event);
    t.match({ status, body }, { status: 400, body: { status: 400, code: 'invalid_request' } }, what);
    sameErrors(t, body, errors, what);
  }
  t.equal(await head(), before, 'none of these was recorded');
});

t.test('an event that must not be recorded is refused by its rule', async (t) => {
  const registered = 'a registered actor';
  const correction = (event: string, replacement: object) => ({
    type: 'EventCorrected',
    occurred: '2024-11-18',
    data: { event, reason: 'Another account', replacement },
  });
  const retraction = (event: string) => ({
    type: 'EventRetracted',
    occurred: '2024-11-18',
    data: { event, reason: 'It was withdrawn' },
  });
  await demarche.record(
    call({ id: uuid(10) }),
    { ...correction(uuid(10), { occurred: '2024-11-14' }), id: uuid(11) },
    call({ id: uuid(12) }),
    { ...retraction(uuid(12)), id: uuid(13) },
    { type: 'StatementMade', id: uuid(14), occurred: '2024', data: said('russia') },
  );
  const refused: Refusal[] = [
    [
      'actors that nobody registered',
      call({}, { participants: ['olaf-schulz', 'nobody-at-all'] }),
      ['/data/participants/0', '"olaf-schulz"', `${registered}; the nearest is "olaf-scholz"`],
      ['/data/participants/1', '"nobody-at-all"', registered],
    ],
    [
      'an actor in the attribution that nobody registered',
      call({ attribution: [{ label: 'a diplomat' }, { actor: 'kremlim' }] }),
      ['/attribution/1/actor', '"kremlim"', `${registered}; the nearest is "kremlin"`],
    ],
    [
      'an issue that nobody opened',
      position('russia', 'troop-withdrawl', 1, '2024'),
      ['/stance/issue', '"troop-withdrawl"', 'an open issue; the nearest is "troop-withdrawal"'],
    ],
    [
      'an event that nobody recorded',
      call({ causationId: uuid(999) }),
      ['/causationId', `"${uuid(999)}"`, 'the id of a recorded event'],
    ],
    [
      'an event that was retracted',
      { type: 'StatementMade', occurred: '2024', data: said('kremlin', { readoutOf: uuid(12) }) },
      ['/data/readoutOf', /^".*", retracted by event \d+$/, 'an event that still stands'],
    ],
    [
      'what has not happened yet',
      call({ occurred: '2024-11-22' }),
      [
        '/occurred',
        '2024-11-22, which is still to come',
        'a date up to 2024-11-21, or the modality planned or conditional',
      ],
    ],
    [
      'a call that an outsider began',
      call({}, { initiator: 'ukraine' }),
      ['/data/initiator', '"ukraine"', /^one of olaf-scholz, vladimir-putin, germany, russia/],
    ],
    [
      'a demand of oneself',
      {
        type: 'DemandStated',
        occurred: '2024',
        data: said('russia', { force: 'urge', addressees: ['germany', 'russia'] }),
      },
      ['/data/addressees/1', 'the speaker', /^somebody else/],
    ],
    [
      'a slug that is taken',
      actor('russia', 'state'),
      ['/data/actor', /"russia", which is registered already/, /^a slug that is not taken/],
    ],
    [
      'an issue that is open',
      { type: 'IssueOpened', occurred: '2024', data: { issue: 'troop-withdrawal', proposition: 'x' } },
      ['/data/issue', /"troop-withdrawal", which is open already/, /^a slug that is not taken/],
    ],
    [
      'an office of oneself',
      office('OfficeAssumed', 'olaf-scholz', 'Chancellor', 'olaf-scholz', '2024'),
      ['/data/of', 'the office holder itself', 'the actor the office belongs to'],
    ],
    [
      'leaving an office that nobody assumed',
      office('OfficeVacated', 'vladimir-putin', 'Prime Minister', 'russia', '2024'),
      ['/data/office', /^"Prime Minister" of russia/, /^one of "President of Russia" of russia/],
    ],
    [
      'a readout of what was no encounter',
      { type: 'StatementMade', occurred: '2024', data: said('kremlin', { readoutOf: uuid(14) }) },
      ['/data/readoutOf', 'an event of type StatementMade', 'one of type CallHeld or MeetingHeld'],
    ],
    ['retracting twice', retraction(uuid(12)), ['/data/event', /retracted by event/, 'an event that still stands']],
    [
      'retracting a retraction',
      retraction(uuid(13)),
      ['/data/event', 'an event of type EventRetracted', /record it anew/],
    ],
    [
      'correcting a correction',
      correction(uuid(11), { occurred: '2024' }),
      ['/data/event', 'an event of type EventCorrected', /record it anew/],
    ],
    [
      'a correction that names nobody registered',
      correction(uuid(10), { data: { participants: ['olaf-scholz', 'vladimir-puttin'] } }),
      ['/data/replacement/data/participants/1', '"vladimir-puttin"', `${registered}; the nearest is "vladimir-putin"`],
    ],
    [
      'a correction that leaves no event of the type',
      correction(uuid(10), { data: { participants: ['olaf-scholz'] } }),
      ['/data/replacement/data/participants', /CallHeld/, /2 items/],
    ],
  ];
  const before = await head();
  for (const [what, event, ...errors] of refused) {
    const { status, body } = await demarche.post('/v1/events', event);
    t.match({ status, body }, { status: 422, body: { status: 422, code: 'event_refused' } }, what);
    sameErrors(t, body, errors, what);
  }
  t.equal(await head(), before, 'none of these was recorded');

  const planned = await demarche.post('/v1/events', call({ occurred: '2025-01-01', modality: 'planned' }));
  t.match(
    planned,
    { status: 201, body: { counted: false } },
    'what is planned may lie ahead, and does not count as held',
  );
});

t.test('a batch answers for each item in order, and later items see earlier ones', async (t) => {
  const before = await head();
  const { status, body } = await demarche.post('/v1/events/batch', [
    actor('xi-jinping'),
    call({ id: uuid(21) }, { participants: ['xi-jinping', 'nobody'] }),
    null,
    call({ id: uuid(20) }, { participants: ['xi-jinping', 'olaf-scholz'] }),
    { type: 'EventRetracted', occurred: '2024-11-18', data: { event: uuid(20), reason: 'A misprint' } },
    call({ id: uuid(20) }),
    call({ id: uuid(20) }, { participants: ['xi-jinping', 'olaf-scholz'] }),
  ]);
  t.equal(status, 200);
  t.match(body, {
    results: [
      { index: 0, status: 'recorded', sequence: before + 1 },
      {
        index: 1,
        status: 'refused',
        id: uuid(21),
        sequence: null,
        problem: { code: 'event_refused', errors: [{ pointer: '/data/participants/1' }] },
      },
      {
        index: 2,
        status: 'refused',
        id: null,
        problem: { code: 'invalid_request', detail: /found null, expected an event/ },
      },
      { index: 3, status: 'recorded', id: uuid(20), sequence: before + 2, problem: undefined },
      { index: 4, status: 'recorded', sequence: before + 3 },
      { index: 5, status: 'conflict', problem: { code: 'id_reused', sequence: before + 2 } },
      { index: 6, status: 'duplicate', id: uuid(20), sequence: before + 2 },
    ],
    sequence: before + 3,
  });
  t.equal(body.results.length, 7);
  t.equal(await head(), before + 3);

  const nothing = await demarche.post('/v1/events/batch', [null]);
  t.equal(nothing.body.sequence, before + 3, 'where nothing is recorded, the answer reflects the log as it is');
});

t.test('a batch that is posted again is duplicate throughout', async (t) => {
  const events = Array.from({ length: 20 }, (_, n) => call({ id: uuid(30 + n) }));
  const first = await demarche.post('/v1/events/batch', events);
  const second = await demarche.post('/v1/events/batch', events);
  t.same(
    second.body.results,
    first.body.results.map((result: object) => ({ ...result, status: 'duplicate' })),
  );
  t.equal(second.body.sequence, first.body.sequence);
  t.equal(await head(), first.body.sequence);
});

t.test('an array that is too long for an answer is to be sent as a stream', async (t) => {
  const before = await head();
  t.match(
    await demarche.post(
      '/v1/events/batch',
      Array.from({ length: 10_001 }, () => null),
    ),
    {
      status: 413,
      body: { code: 'payload_too_large', detail: /10000 items; send newline-delimited JSON/ },
    },
  );
  t.equal(await head(), before);
});

t.test('an item is recorded only on the version that it expects', async (t) => {
  const retraction = { type: 'EventRetracted', occurred: '2024-11-18', data: { event: uuid(60), reason: 'x' } };
  const aVersion = 'a version: 0 for a stream that must not exist yet, or more';
  const opened = await demarche.post('/v1/events/batch', [
    call({ id: uuid(60), expectedVersion: 1 }),
    call({ id: uuid(60), expectedVersion: 0 }),
  ]);
  t.match(opened.body.results, [
    { status: 'conflict', problem: { code: 'version_conflict', stream: `call-${uuid(60)}`, version: 0 } },
    { status: 'recorded' },
  ]);
  const { body } = await demarche.post('/v1/events/batch', [
    { ...retraction, expectedVersion: 2 },
    { ...retraction, expectedVersion: 1 },
    ...[-1, 1.5, '1', null, 2 ** 31].map((expectedVersion) => call({ expectedVersion })),
  ]);
  t.match(body.results, [
    { status: 'conflict', problem: { code: 'version_conflict', stream: `call-${uuid(60)}`, version: 1 } },
    { status: 'recorded' },
    ...['-1', '1.5', '"1"', 'null', '2147483648'].map((found) => ({
      status: 'refused',
      problem: { code: 'invalid_request', errors: [{ pointer: '/expectedVersion', found, expected: aVersion }] },
    })),
  ]);
});

t.test('atomic=true records all or nothing, and says which item is to blame', async (t) => {
  const atomic = (items: unknown) => demarche.post('/v1/events/batch?atomic=true', items);
  const before = await head();
  const good = [actor('emmanuel-macron'), call({ id: uuid(70) }, { participants: ['emmanuel-macron', 'russia'] })];

  const refusals: [what: string, items: unknown[], index: number, status: string, code: string][] = [
    ['a broken rule', [...good, call({}, { participants: ['russia', 'nobody'] })], 2, 'refused', 'event_refused'],
    ['a wrong form', [good[0], { type: 'CallHeld' }, good[1]], 1, 'refused', 'invalid_request'],
    ['a version that is not there', [...good, call({ expectedVersion: 7 })], 2, 'conflict', 'version_conflict'],
    ['an id that is taken', [...good, call({ id: uuid(1) })], 2, 'conflict', 'id_reused'],
  ];
  for (const [what, items, index, status, code] of refusals) {
    const answer = await atomic(items);
    t.match(answer, { status: 422, body: { code: 'batch_refused' } }, what);
    t.match(answer.body.detail, `Nothing was recorded, because of item ${index}. `, what);
    t.match(
      answer.body.results,
      items.map((_, n) =>
        n === index
          ? { index: n, status, problem: { code } }
          : { index: n, status: 'refused', sequence: null, problem: { code: 'not_recorded' } },
      ),
      what,
    );
  }
  const twice = await atomic([call({ id: uuid(71) }), call(), call({ id: uuid(71) })]);
  t.match(twice, {
    status: 400,
    body: { detail: '/2/id: found the id of item 0, expected another id.', errors: [{ pointer: '/2/id' }] },
  });
  const many = await atomic(Array.from({ length: 1_001 }, () => call()));
  t.match(many, {
    status: 413,
    body: { code: 'payload_too_large', detail: /^An atomic batch holds at most 1000 events/ },
  });
  t.equal(await head(), before, 'nothing of all this was recorded');

  for (const [query, parameter] of [
    ['atomic=1', 'atomic'],
    ['atomci=true', 'atomci'],
  ] as const) {
    const misspelt = await demarche.post(`/v1/events/batch?${query}`, good);
    t.match(misspelt, { status: 400, body: { errors: [{ parameter }] } }, `${query} does not pass for either`);
  }
  t.equal(await head(), before);

  const recorded = await atomic(good);
  t.match(recorded, {
    status: 200,
    body: { results: [{ status: 'recorded' }, { status: 'recorded', id: uuid(70) }], sequence: before + 2 },
  });
  const withOneMore = await atomic([good[1], call()]);
  t.match(withOneMore.body.results, [{ status: 'duplicate', sequence: before + 2 }, { status: 'recorded' }]);
  t.equal(await head(), before + 3);
});

t.test('of a stream of lines a broken one refuses only itself', async (t) => {
  const before = await head();
  const line = (event: object) => Buffer.from(JSON.stringify(event));
  const lines = [
    line(call()),
    Buffer.from('   \r'),
    Buffer.from(''),
    Buffer.from('{"type": "CallHeld", '),
    Buffer.concat([line(call()), Buffer.from('\r')]),
    line(call({}, { summary: 'x'.repeat(1_048_576) })),
    Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    Buffer.from('[]'),
    line(call({}, { summary: 'Grüße aus Kyjiw, 你好' })),
  ];
  const body = Buffer.concat(lines.flatMap((each, n) => (n === 0 ? [each] : [Buffer.from('\n'), each])));
  const answer = await demarche.post('/v1/events/batch', body, { 'content-type': 'application/x-ndjson' });
  t.equal(answer.status, 200);
  t.match(answer.body, {
    results: [
      { index: 0, status: 'recorded', sequence: before + 1 },
      { index: 1, status: 'refused', problem: { code: 'invalid_json', detail: /^The line is not JSON: / } },
      { index: 2, status: 'recorded', sequence: before + 2 },
      {
        index: 3,
        status: 'refused',
        problem: { code: 'payload_too_large', detail: 'The line is longer than 1048576 bytes.' },
      },
      { index: 4, status: 'refused', problem: { code: 'invalid_json', detail: 'The line is not valid UTF-8.' } },
      { index: 5, status: 'refused', problem: { code: 'invalid_request', detail: /found \[\], expected an event/ } },
      { index: 6, status: 'recorded', sequence: before + 3 },
    ],
    sequence: before + 3,
  });
  t.equal(answer.body.results.length, 7, 'blank lines do not count');
  const kept = await demarche.get(`/v1/events/${answer.body.results[6].id}`);
  t.equal(kept.body.data.summary, 'Grüße aus Kyjiw, 你好', 'the last line needs no end');
});

t.test('a stream of 3,000 lines in small pieces is recorded, and answered, while it arrives', async (t) => {
  const { port } = await listen();
  const before = await head();
  const ids = Array.from({ length: 3_000 }, (_, n) => uuid(10_000 + n));
  const lines = Buffer.from(ids.map((id) => `${JSON.stringify(call({ id }))}\n`).join(''));
  const half = lines.length / 2;
  const { sending, answer } = openStream(port);
  await writeInPieces(sending, lines.subarray(0, half), 997);
  const response = await answer;
  t.equal(response.statusCode, 200, 'the answer begins before the stream has ended');
  const read = text(response);
  await writeInPieces(sending, lines.subarray(half), 13_337);
  sending.end();
  const { results, sequence } = JSON.parse(await read);
  t.same(
    results,
    ids.map((id, index) => ({ index, status: 'recorded', id, sequence: before + 1 + index })),
  );
  t.equal(sequence, before + 3_000);
  t.equal(await head(), before + 3_000);
});

t.test('a client that goes away in the middle leaves whole events and a server that goes on', async (t) => {
  const { port } = await listen();
  const before = await head();
  const { sending, answer } = openStream(port);
  await writeInPieces(sending, Buffer.from(`${JSON.stringify(call())}\n`.repeat(600)), 50_000);
  const response = await answer;
  const [first] = (await once(response, 'data')) as [Buffer];
  t.match(first.toString(), `{"results":[{"index":0,"status":"recorded","id":`);
  response.once('error', () => {});
  sending.once('error', () => {});
  sending.destroy();
  const { body } = await demarche.post('/v1/events', call());
  t.equal(body.sequence, before + 501, 'the chunk that was answered is in the log, what had only arrived is not');
});

t.test('where the log is away, a stream is answered before its client has sent all', async (t) => {
  const { port } = await listen();
  t.teardown(() => Reflect.deleteProperty(demarche.recorder, 'record'));
  demarche.recorder.record = () => Promise.reject(new LogUnavailable(new Error('Nobody answers.')));
  const { sending, answer } = openStream(port);
  await writeInPieces(sending, Buffer.from(`${JSON.stringify(call())}\n`.repeat(600)), 50_000);
  const response = await answer;
  t.equal(response.statusCode, 503);
  t.match(JSON.parse(await text(response)), { code: 'log_unavailable' });
  sending.once('error', () => {});
  sending.destroy();
});

type Refusal = [
  what: string,
  event: unknown,
  ...errors: [pointer: string, found: string | RegExp, expected: string | RegExp][],
];

/** The errors are these and no others, and the sentence of the problem begins with the first. */
function sameErrors(t: Test, problem: any, errors: Refusal[2][], what: string): void {
  const shape = (error: any) => [error.pointer, error.found, error.expected];
  const isMet = (asked: string | RegExp, is: string) => (asked instanceof RegExp ? asked.test(is) : asked === is);
  const unmet = problem.errors
    .map(shape)
    .filter((is: string[], n: number) => !is.every((part, i) => isMet(errors[n]?.[i] ?? '', part)));
  t.same(unmet, [], `${what}: each field, what was found, what was expected`);
  t.equal(problem.errors.length, errors.length, what);
  t.ok(problem.detail.startsWith(`${errors[0]![0]}: found `), `${what}: ${problem.detail}`);
}

async function listen(): Promise<AddressInfo> {
  if (!demarche.app.server.listening) await demarche.app.listen({ port: 0 });
  return demarche.app.server.address() as AddressInfo;
}

function openStream(port: number): { sending: ClientRequest; answer: Promise<IncomingMessage> } {
  const sending = request({
    port,
    method: 'POST',
    path: '/v1/events/batch',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  return { sending, answer: once(sending, 'response').then(([response]) => response as IncomingMessage) };
}

async function writeInPieces(sending: ClientRequest, bytes: Buffer, size: number): Promise<void> {
  for (let start = 0; start < bytes.length; start += size) {
    if (!sending.write(bytes.subarray(start, start + size))) await once(sending, 'drain');
  }
}

t.test('an item is refused for what the log then holds, also when its batch has brought it there', async (t) => {
  const retraction = {
    type: 'EventRetracted',
    occurred: '2024-11-18',
    data: { event: uuid(95), reason: 'A misprint' },
  };
  const { body } = await demarche.post('/v1/events/batch', [
    call({}, { participants: ['olaf-scholz', 'nobody'] }),
    { ...call({ id: uuid(95) }), expectedVersion: 0 },
    { ...retraction, expectedVersion: 2 },
    { ...retraction, expectedVersion: 1 },
    retraction,
  ]);
  t.match(body.results, [
    { status: 'refused', problem: { detail: /found "nobody", expected a registered actor/ } },
    { status: 'recorded' },
    { status: 'conflict', problem: { code: 'version_conflict' } },
    { status: 'recorded' },
    { status: 'refused', problem: { detail: /retracted by event \d+, expected an event that still stands/ } },
  ]);
});
