// The whole way through: record facts, ask what is known of actors, issues and positions, on any day and as of any moment.
import t from 'tap';
import { z } from 'zod';
import { waitUntil } from '../src/database/wait-until.ts';
import { CAST, actor, issue, office, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';

const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;

const demarche = await startDemarche(t);
const cast = await demarche.record(
  ...CAST,
  actor('jens-stoltenberg'),
  actor('nato', 'organisation'),
  actor('dnipro', 'collective', { name: 'Dnipropetrovsk', aliases: ['Ekaterinoslav'] }),
  office('OfficeAssumed', 'jens-stoltenberg', 'Secretary General', 'nato', '2014-10-01'),
  office('OfficeVacated', 'jens-stoltenberg', 'Secretary General', 'nato', '2024-10-01'),
  { type: 'ActorRenamed', occurred: '2016-05-19', data: { actor: 'dnipro', name: 'Dnipro', aliases: ['Dniepr'] } },
  issue('nato-membership'),
  {
    type: 'IssueReworded',
    occurred: '2024-11-18',
    data: {
      issue: 'nato-membership',
      proposition: 'Ukraine should be free to join',
      description: 'In the words of Kyiv',
    },
  },
);

/** The last question waits five seconds for a sequence that does not come, so it is asked first. */
const tooEarly = demarche.get('/v1/events?minSequence=1000000');

t.test('a recorded position is answered with its series and its evidence', async (t) => {
  const last = await demarche.record(
    position('vladimir-putin', 'territorial-settlement', 1, '2024-06-14'),
    position('kremlin', 'territorial-settlement', 2, '2024-11-15', { source: { title: 'A readout' } }),
  );
  const { status, body } = await demarche.get(`/v1/positions/russia/territorial-settlement?minSequence=${last}`);
  t.equal(status, 200);
  t.match(body, {
    actor: 'russia',
    issue: 'territorial-settlement',
    at: null,
    knownAt: null,
    sequence: last,
    current: { change: 'hardened', position: 2, direction: 'support', delta: 1, source: { title: 'A readout' } },
  });
  t.same(
    body.series.map(({ change, speaker }: { change: string; speaker: string }) => [speaker, change]),
    [
      ['vladimir-putin', 'new'],
      ['kremlin', 'hardened'],
    ],
  );
  t.equal(body.series[1].previous, body.series[0].event);
  t.same(body.series[1], body.current);
});

t.test('a position is answered as it stood on a day, and as it was known then', async (t) => {
  const ask = async (query: string) => {
    const { status, body } = await demarche.get(`/v1/positions/germany/troop-withdrawal?minSequence=${last}&${query}`);
    if (status !== 200) throw new Error(`${query}: ${body.detail}`);
    return body;
  };
  const standing = async (query: string) => {
    const { current, series } = await ask(query);
    return [current?.position ?? null, current?.possible ?? null, series.length];
  };
  const first = await demarche.post('/v1/events', position('germany', 'troop-withdrawal', 1, '2024-10'));
  await nextMillisecond(first.body.recorded);
  const second = await demarche.post('/v1/events', {
    id: uuid(1),
    ...position('olaf-scholz', 'troop-withdrawal', 2, '2024-11-15'),
  });
  await nextMillisecond(second.body.recorded);
  const correction = await demarche.post('/v1/events', {
    type: 'EventCorrected',
    occurred: '2024-11-16',
    data: {
      event: uuid(1),
      reason: 'He said less',
      replacement: { stance: { issue: 'troop-withdrawal', position: -1 } },
    },
  });
  await nextMillisecond(correction.body.recorded);
  const retraction = await demarche.post('/v1/events', {
    type: 'EventRetracted',
    occurred: '2024-11-17',
    data: { event: uuid(1), reason: 'He said nothing' },
  });
  const last = retraction.body.sequence;

  t.same(await standing(''), [1, false, 1], 'now: what was retracted is gone');
  t.same(await standing('at=2024-09-30'), [null, null, 0], 'before anything was said');
  t.same(await standing('at=2024-10-01'), [1, true, 1], 'from the earliest day on, while the latest is still to come');
  t.same(await standing('at=2024-10-31'), [1, false, 1], 'on the latest day it is certain');

  const { sequence } = second.body;
  t.same(await standing(`knownAt=${sequence - 1}`), [1, false, 1], 'before the second was recorded');
  t.same(await standing(`knownAt=${sequence}`), [2, false, 2]);
  t.same(await standing(`knownAt=${correction.body.sequence}`), [-1, false, 2], 'once it was corrected');
  t.same(await standing(`knownAt=${correction.body.sequence}&at=2024-11-14`), [1, false, 1], 'on both axes');
  t.same(await standing(`knownAt=${second.body.recorded}`), [2, false, 2], 'a moment is the last sequence until then');
  const inParis = `${new Date(Date.parse(second.body.recorded) + 3_600_000).toISOString().slice(0, -1)}%2B01:00`;
  t.same(await standing(`knownAt=${inParis}`), [2, false, 2], 'the same moment in another zone');
  t.same(await standing(`knownAt=${correction.body.recorded}`), [-1, false, 2]);
  t.same(await standing(`knownAt=${retraction.body.recorded.slice(0, 10)}`), [1, false, 1], 'a day is its end');
  t.same(await standing('knownAt=2020-02-29'), [null, null, 0], 'a day before the log began');
  t.match(await ask(`knownAt=${second.body.recorded}`), { knownAt: sequence, sequence, at: null });
});

t.test('who stands where on an issue is answered by actor, where an actor stands by issue', async (t) => {
  const last = await demarche.record(
    position('ukraine', 'nato-membership', 2, '2024-10-01'),
    position('russia', 'nato-membership', -2, '2024-10-02'),
    position('russia', 'nato-membership', -1, '2024-11-12'),
    position('nato', 'nato-membership', 0, '2024-11', { modality: 'opinion' }),
    {
      type: 'PositionWithdrawn',
      occurred: '2024-11-13',
      data: { speaker: 'ukraine', issue: 'nato-membership', summary: 'x' },
    },
  );
  const rows = async (path: string) => {
    const { body } = await demarche.get(`${path}&minSequence=${last}`);
    return body.items.map((item: any) => [item.principal, item.issue, item.position, item.change]);
  };
  t.same(await rows('/v1/issues/nato-membership/positions?at=2024-11-11'), [
    ['russia', 'nato-membership', -2, 'new'],
    ['ukraine', 'nato-membership', 2, 'new'],
  ]);
  t.same(
    await rows('/v1/issues/nato-membership/positions?limit=10'),
    [
      ['russia', 'nato-membership', -1, 'softened'],
      ['ukraine', 'nato-membership', null, 'withdrawn'],
    ],
    'a withdrawal is shown, an opinion sets no position',
  );
  t.same(await rows(`/v1/actors/russia/positions?knownAt=${last - 3}`), [
    ['russia', 'nato-membership', -2, 'new'],
    ['russia', 'territorial-settlement', 2, 'hardened'],
  ]);
  t.same(await pages('/v1/actors/russia/positions', 'issue', 1), ['nato-membership', 'territorial-settlement']);
  t.same(await pages('/v1/issues/nato-membership/positions', 'principal', 1), ['russia', 'ukraine']);
});

t.test('an actor is answered with its names and its offices as they stood on a day', async (t) => {
  const asked = `minSequence=${cast}`;
  const { body } = await demarche.get(`/v1/actors/jens-stoltenberg?${asked}`);
  t.match(body, {
    actor: 'jens-stoltenberg',
    kind: 'person',
    represents: null,
    offices: [{ office: 'Secretary General', of: 'nato', from: '2014-10-01', until: '2024-10-01', status: 'former' }],
  });
  t.match(await demarche.get(`/v1/events/${body.offices[0].vacatedBy}`), { body: { type: 'OfficeVacated' } });
  for (const [day, status] of [
    ['2014-09-30', 'future'],
    ['2014-10-01', 'current'],
    ['2024-09-30', 'current'],
    ['2024-10-01', 'former'],
  ] as const) {
    const then = await demarche.get(`/v1/actors/jens-stoltenberg?${asked}&at=${day}`);
    t.match(then.body, { offices: [{ status }] }, `${status} on ${day}`);
  }
  const names = async (query: string) => {
    const answer = await demarche.get(`/v1/actors/dnipro?${asked}${query}`);
    return [answer.body.name, answer.body.aliases.toSorted()];
  };
  t.same(await names(''), ['Dnipro', ['Dnipropetrovsk', 'Dniepr', 'Ekaterinoslav'].toSorted()]);
  t.equal((await names('&at=2016-05-18'))[0], 'Dnipropetrovsk', 'before it was renamed');
  t.equal((await names('&at=2016-05-19'))[0], 'Dnipro', 'on the day it was renamed');
  t.equal((await names(`&knownAt=${cast - 3}`))[0], 'Dnipropetrovsk', 'before that was recorded');
});

t.test('actors are listed by slug, all or of a kind, page by page', async (t) => {
  const { body } = await demarche.get(`/v1/actors?kind=state&minSequence=${cast}`);
  t.same(
    body.items.map((item: { actor: string }) => item.actor),
    ['germany', 'russia', 'ukraine'],
  );
  const all = await pages('/v1/actors', 'actor', 2);
  const slugs = 'dnipro germany jens-stoltenberg kremlin nato olaf-scholz russia ukraine vladimir-putin';
  t.same(all, slugs.split(' '));
  const few = await demarche.get('/v1/actors?knownAt=2');
  t.match(few.body, { items: [{ actor: 'germany' }, { actor: 'russia' }], next: null, sequence: 2 });
});

t.test('an issue is answered in the words it had on a day, and with all it has had', async (t) => {
  const ask = async (query = '') => (await demarche.get(`/v1/issues/nato-membership?minSequence=${cast}${query}`)).body;
  const first = { proposition: 'nato-membership should come about', description: null };
  const second = { proposition: 'Ukraine should be free to join', description: 'In the words of Kyiv' };
  t.match(await ask(), { issue: 'nato-membership', ...second, wordings: [first, second] });
  t.match(await ask('&at=2024-11-17'), first);
  t.match(await ask('&at=2024-11-18'), second);
  t.match(await ask(`&knownAt=${cast - 1}`), { ...first, wordings: [first] });
  t.same(await pages('/v1/issues', 'issue', 2), ['nato-membership', 'territorial-settlement', 'troop-withdrawal']);
});

t.test('the vocabulary is answered with the schema, an example and the default coding of each type', async (t) => {
  const { body } = await demarche.get('/v1/event-types');
  const types = body.items.map((item: { type: string }) => item.type);
  t.ok(types.includes('CallHeld'));
  for (const type of types) {
    const answer = await demarche.get(`/v1/event-types/${type}`);
    t.match(answer, { status: 200, body: { type, example: { type } } }, type);
    const schema = z.fromJSONSchema(answer.body.schema);
    t.ok(schema.safeParse(answer.body.example).success, `${type}: the example is of the schema`);
    t.notOk(schema.safeParse({ ...answer.body.example, data: {} }).success, `${type}: not everything is`);
    t.notMatch(JSON.stringify(answer.body.schema), '[0-9a-fA-F]{8}', `${type}: what a format says is not said twice`);
  }
  t.match((await demarche.get('/v1/event-types/CallHeld')).body, {
    family: 'encounter',
    version: 2,
    defaultCoding: { cameo: '041' },
  });
  t.match((await demarche.get('/v1/event-types/ActorRegistered')).body, { defaultCoding: null });
});

t.test('what nobody registered is not found, and the nearest name is told', async (t) => {
  const expected: [path: string, detail: string][] = [
    ['/v1/actors/rusia', 'No actor "rusia" is registered; the nearest is "russia".'],
    ['/v1/actors/somebody-else-entirely', 'No actor "somebody-else-entirely" is registered.'],
    ['/v1/actors/ukrain/positions', 'No actor "ukrain" is registered; the nearest is "ukraine".'],
    ['/v1/issues/nato-membershp', 'No issue "nato-membershp" is registered; the nearest is "nato-membership".'],
    [
      '/v1/issues/troop-withdrawl/positions',
      'No issue "troop-withdrawl" is registered; the nearest is "troop-withdrawal".',
    ],
    ['/v1/positions/rusia/nato-membership', 'No actor "rusia" is registered; the nearest is "russia".'],
    [
      '/v1/positions/russia/nato-membershp',
      'No issue "nato-membershp" is registered; the nearest is "nato-membership".',
    ],
    ['/v1/event-types/CalHeld', 'There is no event type "CalHeld"; the nearest is "CallHeld".'],
    ['/v1/actors/dnipro?knownAt=3', 'The actor "dnipro" was not known at sequence 3.'],
    ['/v1/issues/nato-membership?knownAt=3', 'The issue "nato-membership" was not known at sequence 3.'],
    ['/v1/acters', 'There is no GET /v1/acters; /docs lists all there is.'],
  ];
  for (const [path, detail] of expected)
    t.match(await demarche.get(path), { status: 404, body: { code: 'not_found', status: 404, detail } }, path);
});

t.test('a parameter that is wrong is named, with what was found and what was expected', async (t) => {
  const aDay = 'a calendar day such as 2024-11-15';
  const known = 'a sequence, a day or an RFC 3339 date and time (with + written as %2B)';
  const expected: [path: string, parameter: string, found: string, expected: string | RegExp][] = [
    ['/v1/events?limit=0', 'limit', '0', 'at least 1'],
    ['/v1/events?limit=1001', 'limit', '1001', 'at most 1000'],
    ['/v1/events?limit=many', 'limit', '"many"', 'a whole number'],
    ['/v1/events?limit=', 'limit', '""', 'a whole number'],
    ['/v1/events?limit=1e2', 'limit', '"1e2"', 'a whole number'],
    ['/v1/events?limit=1&limit=2', 'limit', '["1","2"]', 'one value'],
    ['/v1/events?order=recorded&order=occurred', 'order', '["recorded","occurred"]', 'one value'],
    ['/v1/events?minSequence=-1', 'minSequence', '"-1"', 'a whole number'],
    ['/v1/events?from=2024-02-30', 'from', '"2024-02-30"', aDay],
    ['/v1/events?to=2024', 'to', '"2024"', aDay],
    ['/v1/events?match=within', 'match', '"within"', 'one of overlap, contained'],
    [
      '/v1/events?type=CallHeld,CallHedl',
      'type',
      '"CallHedl"',
      /^one of ActorRegistered, .*; the nearest is "CallHeld"$/,
    ],
    ['/v1/events?actor=Russia', 'actor', '"Russia"', 'lower-case letters and digits in words joined by hyphens'],
    ['/v1/events?actr=russia', 'actr', 'an unknown parameter', 'a known one; the nearest is "actor"'],
    ['/v1/log?sequence=1', 'sequence', 'an unknown parameter', 'none: there are no parameters'],
    ['/v1/actors?kind=sate', 'kind', '"sate"', /; the nearest is "state"$/],
    ['/v1/actors/Russia', 'actor', '"Russia"', 'lower-case letters and digits in words joined by hyphens'],
    ['/v1/actors/russia?at=today', 'at', '"today"', aDay],
    ['/v1/positions/russia/nato-membership?knownAt=now', 'knownAt', '"now"', known],
  ];
  for (const [path, parameter, found, meant] of expected) {
    const { status, body } = await demarche.get(path);
    t.match({ status, body }, { status: 400, body: { code: 'invalid_request' } }, path);
    const error = body.errors.find((each: { parameter: string }) => each.parameter === parameter);
    t.same(
      error && [error.found, typeof meant === 'string' ? error.expected : meant.test(error.expected)],
      [found, typeof meant === 'string' ? meant : true],
      path,
    );
    t.match(body.detail, `The parameter ${parameter}: found `, path);
  }
});

t.test('how things are going is told: the head of the log, the read models, health', async (t) => {
  const { body: event } = await demarche.post('/v1/events', position('germany', 'nato-membership', 1, '2024-11-01'));
  await demarche.get(`/v1/positions/germany/nato-membership?minSequence=${event.sequence}`);
  await waitUntil(async () =>
    (await demarche.get('/health/ready')).body.projections.every((each: any) => each.lag === 0),
  );
  const { sequence, hash, recorded } = event;
  t.match(await demarche.get('/v1/log'), { status: 200, body: { sequence, hash, recorded } });
  const { body: projections } = await demarche.get('/v1/projections');
  t.match(projections, { sequence });
  t.same(
    projections.items.map((each: any) => [each.name, each.checkpoint, each.lag, each.lagSeconds, each.failed]),
    ['actors', 'dealings', 'events', 'issues', 'ledgers', 'positions', 'sourcing'].map((name) => [
      name,
      sequence,
      0,
      0,
      null,
    ]),
  );
  t.match(await demarche.get('/health/live'), { status: 200, body: { status: 'live' } });
  t.match(await demarche.get('/health/ready'), {
    status: 200,
    body: { status: 'ready', projections: projections.items },
  });
});

t.test('whoever waits for the sequence of a post reads what was posted', async (t) => {
  for (let n = 0; n < 20; n++) {
    const stated = position('ukraine', 'troop-withdrawal', 2, '2024-11-15', { id: uuid(100 + n) });
    const { body: posted } = await demarche.post('/v1/events', stated);
    const { body } = await demarche.get(`/v1/positions/ukraine/troop-withdrawal?minSequence=${posted.sequence}`);
    t.ok(body.sequence >= posted.sequence);
    t.equal(body.series.at(-1).event, uuid(100 + n));
  }
});

t.test('a sequence that the log does not reach is waited for, and then answered with a problem', async (t) => {
  const { status, headers, body } = await tooEarly;
  t.match({ status, headers }, { status: 503, headers: { 'retry-after': '1' } });
  t.match(body, {
    code: 'not_yet_reflected',
    detail: /^Sequence 1000000 is not reflected yet: the log ends at \d+\.$/,
  });
});

/** All values of a field of a list, followed page by page. */
async function pages(path: string, field: string, limit: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let page: string | undefined = `${path}?limit=${limit}`; page !== undefined;) {
    const { headers, body } = await demarche.get(page);
    values.push(...body.items.map((item: Record<string, unknown>) => item[field]));
    page = /^<(.*)>; rel="next"$/.exec((headers['link'] as string | undefined) ?? '')?.[1];
  }
  return values;
}

async function nextMillisecond(recorded: string): Promise<void> {
  await waitUntil(() => Date.now() > Date.parse(recorded));
}
