// Finding events over HTTP: by what they say and when they happened, page by page, and as they were known at another time.
import t from 'tap';
import { CAST, actor } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';

const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;

const NAMES = [
  'call',
  'readout',
  'demand',
  'visit',
  'remark',
  'refusal',
  'alarm',
  'approval',
  'rumour',
  'withdrawal',
  'correction',
] as const;
type Name = (typeof NAMES)[number];
const id = (name: Name) => uuid(NAMES.indexOf(name) + 1);

const said = (speaker: string, summary: string, more: Record<string, unknown> = {}) => ({ speaker, summary, ...more });

/** What the log holds after the cast, in this order. */
const STORY: Record<Name, Record<string, unknown>> = {
  call: {
    type: 'CallHeld',
    occurred: '2024-11-15',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], initiator: 'germany' },
    correlationId: 'the call',
    attribution: [{ actor: 'ukraine' }],
  },
  readout: {
    type: 'StatementMade',
    occurred: '2024-11-15',
    data: said('kremlin', String.raw`Trade is down by 90% since the E_1 \ E_2 talks`, { readoutOf: id('call') }),
    correlationId: 'the call',
    causationId: id('call'),
  },
  demand: {
    type: 'DemandStated',
    occurred: '2024-11-15/2024-11-16',
    data: said('olaf-scholz', 'Troops must leave', {
      force: 'urge',
      addressees: ['russia'],
      quote: 'Withdraw AT once',
    }),
    stance: { issue: 'troop-withdrawal', position: 2 },
  },
  visit: {
    type: 'MeetingHeld',
    occurred: '2022-02~',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], place: 'Moscow' },
  },
  remark: {
    type: 'StatementMade',
    occurred: '2024-11',
    data: said('vladimir-putin', 'Ärger über die Grenzen', { issues: ['territorial-settlement', 'troop-withdrawal'] }),
    modality: 'planned',
  },
  refusal: {
    type: 'PositionStated',
    occurred: '../2024-10',
    data: said('ukraine', 'No land for peace'),
    stance: { issue: 'territorial-settlement', position: -2 },
  },
  alarm: {
    type: 'ReactionIssued',
    occurred: '2024-11-16',
    data: said('ukraine', 'The call is a mistake', { to: { kind: 'event', event: id('call') }, sentiment: -2 }),
  },
  approval: {
    type: 'ReactionIssued',
    occurred: '2024-11-15',
    data: said('russia', 'The call was useful', { to: { kind: 'event', event: id('call') }, sentiment: 1 }),
  },
  rumour: { type: 'StatementMade', occurred: '2024-11-14', data: said('russia', 'Never said') },
  withdrawal: {
    type: 'EventRetracted',
    occurred: '2024-11-17',
    data: { event: id('rumour'), reason: 'The paper withdrew it' },
  },
  correction: {
    type: 'EventCorrected',
    occurred: '2024-11-18',
    data: { event: id('visit'), reason: 'The day is known', replacement: { occurred: '2022-02-15' } },
  },
};

const demarche = await startDemarche(t);
await demarche.record(...CAST);
const end = await demarche.record(
  ...Object.entries(STORY).map(([name, event]) => ({ id: id(name as Name), ...event })),
);
const sequence = (name: Name) => end - NAMES.length + 1 + NAMES.indexOf(name);

type Item = { id: string; sequence: number; window: string | null; occurred: { edtf: string } };

/** The names of the events found; those of the cast are left out. */
async function find(query: string): Promise<{ names: Name[]; items: Item[] }> {
  const { status, body } = await demarche.get(`/v1/events?minSequence=${end}&${query}`);
  if (status !== 200) throw new Error(`${query}: ${body.detail}`);
  const items = (body.items as Item[]).filter((item) => item.sequence >= sequence('call'));
  return { items, names: items.map((item) => NAMES[item.sequence - sequence('call')]!) };
}

t.test('facts are found in the order in which they happened, corrected and without what was retracted', async (t) => {
  const { names, items } = await find('');
  t.same(names, ['refusal', 'visit', 'remark', 'call', 'readout', 'approval', 'demand', 'alarm']);
  t.match(
    items.find((item) => item.id === id('visit')),
    { occurred: { edtf: '2022-02-15', precision: 'day' }, corrections: [sequence('correction')], retracted: null },
  );
});

t.test('the log is found as it was recorded', async (t) => {
  const { names, items } = await find('order=recorded');
  t.same(names, NAMES);
  t.match(items[NAMES.indexOf('visit')], { occurred: { edtf: '2022-02~' }, corrections: [], retracted: null });
});

t.test('each filter finds what it says, alone and with the others', async (t) => {
  const all = 'order=recorded';
  const expected: [query: string, names: Name[]][] = [
    ['type=CallHeld', ['call']],
    ['type=CallHeld,MeetingHeld', ['visit', 'call']],
    ['type=CallHeld&type=MeetingHeld', ['visit', 'call']],
    ['family=encounter', ['visit', 'call']],
    ['family=encounter,utterance&type=CallHeld,EventRetracted', ['call']],
    ['family=encounter&type=StatementMade', []],
    [`${all}&type=EventRetracted`, ['withdrawal']],
    ['actor=vladimir-putin', ['visit', 'remark', 'call']],
    ['actor=vladimir-putin,olaf-scholz', ['visit', 'call']],
    ['actor=germany', ['call']],
    ['actor=ukraine', ['refusal', 'alarm']],
    ['issue=territorial-settlement', ['refusal', 'remark']],
    ['issue=territorial-settlement,troop-withdrawal', ['remark']],
    [`stream=call-${id('call')}`, ['call']],
    [`${all}&stream=statement-${id('rumour')}`, ['rumour', 'withdrawal']],
    ['stream=no-such-stream', []],
    ['correlation=the+call', ['call', 'readout']],
    ['correlation=the', []],
    ['modality=planned', ['remark']],
    ['modality=planned,opinion', ['remark']],
    ['modality=planned,asserted&type=StatementMade', ['remark', 'readout']],
    [`${all}&modality=planned`, ['remark']],
    ['text=TROOPS', ['demand']],
    ['text=withdraw%20at', ['demand']],
    ['text=at+withdraw', []],
    ['text=leave+withdraw', []],
    ['text=with', []],
    ['text=%C3%A4rger+%C3%9Cber', ['remark']],
    [`${all}&text=paper`, ['withdrawal']],
    ['text=%25', []],
    ['text=90%25+since', ['readout']],
    ['text=E_1+%26+e-2', ['readout']],
    ['text=%5C', []],
    ['text=%27%3B+drop+table+log.event%3B--', []],
    ['from=2024-11-17', ['remark']],
    ['to=2022-12-31', ['refusal', 'visit']],
    ['from=2024-11-16&to=2024-11-16', ['remark', 'demand', 'alarm']],
    ['from=2024-11-15&to=2024-11-16&match=contained', ['call', 'readout', 'approval', 'demand', 'alarm']],
    ['from=2022-01-01&to=2024-10-31', ['refusal', 'visit']],
    ['from=2022-01-01&to=2024-10-31&match=contained', ['visit']],
    ['to=2024-10-31&match=contained', ['refusal', 'visit']],
    ['type=StatementMade&actor=vladimir-putin&issue=troop-withdrawal&from=2024-11-30&text=grenzen', ['remark']],
    ['type=StatementMade&actor=kremlin&issue=troop-withdrawal', []],
    [`${all}&from=2024-11-14&to=2024-11-14`, ['remark', 'rumour']],
  ];
  for (const [query, names] of expected) t.same((await find(query)).names, names, query);
});

t.test('in a window each event says whether it lies within or may reach beyond', async (t) => {
  const windows = async (query: string) => {
    const { names, items } = await find(query);
    return Object.fromEntries(names.map((name, n) => [name, items[n]!.window]));
  };
  t.same(await windows('from=2024-11-16&to=2024-11-16'), { remark: 'overlap', demand: 'overlap', alarm: 'contained' });
  t.same(await windows('from=2024-11-01&to=2024-11-30&type=StatementMade'), {
    remark: 'contained',
    readout: 'contained',
  });
  t.same(await windows('from=2022-01-01&to=2024-10-31'), { refusal: 'overlap', visit: 'contained' });
  t.same(await windows('to=2024-10-31'), { refusal: 'contained', visit: 'contained' }, 'an open window has no end');
  t.same(await windows('type=CallHeld'), { call: null }, 'where no window is asked for, nothing is said');
});

t.test('events about events are not sought among what happened in the world', async (t) => {
  t.match(await demarche.get('/v1/events?type=EventRetracted,EventCorrected'), {
    status: 400,
    body: { errors: [{ parameter: 'order', expected: 'recorded' }] },
  });
  t.same((await find('type=EventRetracted,CallHeld')).names, ['call']);
});

t.test('an answer is sent again only where it has changed', async (t) => {
  const path = `/v1/events?type=CallHeld&minSequence=${end}`;
  const first = await demarche.get(path);
  const again = await demarche.app.inject({ url: path, headers: { 'if-none-match': first.headers['etag'] as string } });
  t.match(again, { statusCode: 304, body: '' });
  const other = await demarche.get(path.replace('CallHeld', 'MeetingHeld'), {
    'if-none-match': String(first.headers['etag']),
  });
  t.equal(other.status, 200);
});

t.test('a window that ends before it begins is refused', async (t) => {
  t.match(await demarche.get('/v1/events?from=2024-11-15&to=2024-11-14'), {
    status: 400,
    body: { detail: 'The parameter to: found 2024-11-14, expected 2024-11-15 or later.' },
  });
});

t.test('a list is answered as it was known at a sequence', async (t) => {
  const before = await find(`knownAt=${sequence('rumour')}`);
  t.same(before.names, ['refusal', 'visit', 'remark', 'rumour', 'call', 'readout', 'approval', 'demand', 'alarm']);
  t.match(
    before.items.find((item) => item.id === id('visit')),
    { occurred: { edtf: '2022-02~' }, corrections: [] },
  );
  t.same((await find(`order=recorded&knownAt=${sequence('demand')}`)).names, ['call', 'readout', 'demand']);
  t.same((await find('knownAt=0')).names, []);

  const { body } = await demarche.get(`/v1/events?knownAt=${sequence('demand')}`);
  t.equal(body.sequence, sequence('demand'), 'the answer says which sequence it reflects');
});

t.test('an event is answered as it reads now, and as it read before', async (t) => {
  const visit = await demarche.get(`/v1/events/${id('visit').toUpperCase()}`);
  t.match(visit, {
    status: 200,
    headers: { etag: '"2"' },
    body: {
      id: id('visit'),
      version: 1,
      occurred: { edtf: '2022-02-15' },
      corrections: [sequence('correction')],
      retracted: null,
      about: [{ id: id('correction'), type: 'EventCorrected', version: 2 }],
    },
  });
  t.ok(visit.body.knownSequence >= end);
  const then = await demarche.get(`/v1/events/${id('visit')}?knownAt=${sequence('correction') - 1}`);
  t.match(then, {
    status: 200,
    headers: { etag: '"1"' },
    body: { occurred: { edtf: '2022-02~' }, corrections: [], about: [], knownSequence: sequence('correction') - 1 },
  });

  const rumour = await demarche.get(`/v1/events/${id('rumour')}`);
  t.match(
    rumour.body,
    { retracted: sequence('withdrawal'), about: [{ id: id('withdrawal') }] },
    'also a retracted one',
  );
  t.match((await demarche.get(`/v1/events/${id('rumour')}?knownAt=${sequence('rumour')}`)).body, { retracted: null });

  t.match(await demarche.get(`/v1/events/${id('alarm')}?knownAt=${sequence('alarm') - 1}`), {
    status: 404,
    body: {
      code: 'not_found',
      detail: `No event ${id('alarm')} was recorded up to sequence ${sequence('alarm') - 1}.`,
    },
  });
  t.match(await demarche.get('/v1/events/readout'), { status: 400, body: { errors: [{ parameter: 'id' }] } });
});

t.test('who reacted to an event is answered by the date of the reaction', async (t) => {
  const reactions = (query = '') => demarche.get(`/v1/events/${id('call')}/reactions?minSequence=${end}${query}`);
  const { status, body } = await reactions();
  t.equal(status, 200);
  t.match(body.items, [
    { id: id('approval'), data: { speaker: 'russia', sentiment: 1 } },
    { id: id('alarm'), data: { speaker: 'ukraine', sentiment: -2 } },
  ]);
  t.same(
    (await reactions(`&knownAt=${sequence('alarm')}`)).body.items.map((item: Item) => item.id),
    [id('alarm')],
  );

  const first = await reactions('&limit=1');
  const second = await reactions(`&limit=1&cursor=${first.body.next}`);
  t.same([...first.body.items, ...second.body.items], body.items);
  t.equal(second.body.next, null);

  t.match((await demarche.get(`/v1/events/${id('alarm')}/reactions`)).body, { items: [], next: null });
  t.match(await demarche.get(`/v1/events/${uuid(999)}/reactions`), {
    status: 404,
    body: { code: 'not_found', detail: `No event ${uuid(999)} was recorded.` },
  });
});

t.test('who polls for what was recorded after a sequence sees everything once', async (t) => {
  const seen: number[] = [];
  for (;;) {
    const { body } = await demarche.get(
      `/v1/events?order=recorded&afterSequence=${seen.at(-1) ?? 0}&limit=4&minSequence=${end}`,
    );
    if (body.items.length === 0) break;
    seen.push(...body.items.map((item: Item) => item.sequence));
  }
  t.same(
    seen,
    Array.from({ length: end }, (_, n) => n + 1),
  );
  t.match(await demarche.get('/v1/events?afterSequence=3'), {
    status: 400,
    body: { detail: 'The parameter afterSequence: found 3, expected order=recorded beside it.' },
  });
});

t.test('2,500 events are paged through by links, each exactly once, while more are recorded', async (t) => {
  await demarche.record(actor('pager'));
  // Dates that tie, and some that are wider than a day: what is still equal is ordered by sequence.
  const dates = ['2024-11-15', '2024-11', '2024-11-15', '2023', '../2024-01'];
  const statements = Array.from({ length: 2_500 }, (_, n) => ({
    id: uuid(1_000 + n),
    type: 'StatementMade',
    occurred: dates[n % dates.length],
    data: said('pager', `Statement ${n}`),
  }));
  const last = await demarche.record(...statements);
  const ids = statements.map((statement) => statement.id);

  for (const [order, limit] of [
    ['occurred', 333],
    ['occurred', 1000],
    ['recorded', 97],
  ] as const) {
    const seen: string[] = [];
    let page: string | undefined =
      `/v1/events?actor=pager&type=StatementMade&order=${order}&limit=${limit}&minSequence=${last}`;
    while (page !== undefined) {
      const { status, headers, body } = await demarche.get(page);
      t.equal(status, 200);
      seen.push(...body.items.map((item: Item) => item.id));
      page = /^<(\/v1\/events\?.*)>; rel="next"$/.exec((headers['link'] as string | undefined) ?? '')?.[1];
      t.equal(page === undefined, body.next === null, 'the link and the cursor agree');
      if (page !== undefined) t.equal(body.items.length, limit);
      await demarche.record({ type: 'StatementMade', occurred: '0001', data: said('pager', 'Meanwhile') });
    }
    t.equal(new Set(seen).size, seen.length, `${order} by ${limit}: none twice`);
    const found = seen.filter((each) => ids.includes(each));
    t.equal(found.length, 2_500, `${order} by ${limit}: none left out`);
    if (order === 'recorded') t.same(found, ids);
  }
});
