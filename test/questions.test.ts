// What an analyst asks about the example, fourteen questions and their exact answers, worked out by hand from the report.
import { test } from 'tap';
import { projections } from '../src/projections/every-projection.ts';
import { idOf, itemsOf, learn, nameOf, namesOf, postExample, startExample } from './support/example.ts';
import { assertRebuilt } from './support/histories.ts';

test('the contacts of two leaders come in order of time, each with the silence before it', async (t) => {
  const { demarche } = await startExample(t);
  const contacts = await itemsOf(demarche, '/v1/contacts?between=olaf-scholz,vladimir-putin');
  t.same(
    contacts.map(({ id, type, silence }) => [nameOf(id), type, silence]),
    [
      ['E03', 'MeetingHeld', null],
      [
        'E02',
        'CallHeld',
        {
          since: idOf('E03'),
          minDays: daysBetween('2022-02-28', '2022-12-01'),
          maxDays: daysBetween('2022-02-01', '2022-12-31'),
        },
      ],
      // "Nearly two years" of the report: a range, as of the call before only the month is known.
      [
        'E01',
        'CallHeld',
        {
          since: idOf('E02'),
          minDays: daysBetween('2022-12-31', '2024-11-15'),
          maxDays: daysBetween('2022-12-01', '2024-11-15'),
        },
      ],
    ],
  );
  t.match(contacts[2].data, { initiator: 'germany', durationMinutes: 60, channel: 'telephone' });
  t.same(
    await namesOf(demarche, '/v1/contacts?between=russia,germany'),
    ['E03', 'E02', 'E01'],
    'and so of their states',
  );
});

test('only what was said about the call is a reaction to the call', async (t) => {
  const { demarche } = await startExample(t);
  const reactions = await itemsOf(demarche, `/v1/events/${idOf('E01')}/reactions`);
  t.same(
    reactions.map(({ id, data }) => [nameOf(id), Math.sign(data.sentiment)]),
    [
      ['E38', -1],
      ['E39', -1],
      ['E40', -1],
      ['E42', 0],
      ['E43', 0],
    ],
  );
  t.same(await namesOf(demarche, `/v1/events/${idOf('E60')}/reactions`), ['E35']);
});

test('Russia reiterates what it said on the territories, and the judgement on it stands beside', async (t) => {
  const { demarche } = await startExample(t);
  const { body } = await demarche.get('/v1/positions/russia/territorial-settlement');
  t.same(
    body.series.map((said: any) => [
      nameOf(said.event),
      said.change,
      said.delta,
      said.claimedReiteration,
      said.counted,
    ]),
    [
      ['E30', 'new', null, false, true],
      ['E15', 'reiterated', 0, true, true],
      ['E16', 'reiterated', 0, true, true],
      ['E17', 'reiterated', 0, false, true],
      ['E27', null, null, false, false],
    ],
  );
  t.match(body.current, { event: idOf('E17'), position: 2, firmness: 'red_line' });
  t.match(body.series[1], {
    speaker: 'vladimir-putin',
    attribution: [{ actor: 'kremlin' }, { actor: 'vladimir-putin' }],
  });
});

test('what blocks talks is told, with whose precondition it is', async (t) => {
  const { demarche } = await startExample(t);
  const blocking = await itemsOf(demarche, '/v1/demands?blocking=true');
  t.same(
    blocking.map(({ id, principals, status }) => [nameOf(id), principals, status]),
    [
      ['E19', ['russia'], 'open'],
      ['E20', ['russia'], 'open'],
      ['E21', ['ukraine'], 'open'],
    ],
  );
  t.same(await namesOf(demarche, '/v1/demands?blocking=true&at=2024-07-31'), ['E19']);
});

test('a negotiation that was agreed on and abandoned tells both, and why', async (t) => {
  const { demarche } = await startExample(t);
  const { body } = await demarche.get(`/v1/negotiations/${idOf('E56')}`);
  t.match(body, { id: idOf('E56'), status: 'abandoned', since: idOf('E57'), principals: ['russia', 'ukraine'] });
  t.same(
    body.history.map(({ status, fact }: any) => [nameOf(fact.id), status, fact.occurred.edtf]),
    [
      ['E56', 'agreed_to_open', '2024-08'],
      ['E57', 'abandoned', '2024-08'],
    ],
  );
  const { cause } = body.history[1].fact.data;
  t.same(cause, { event: idOf('E59') });
  t.match((await demarche.get(`/v1/events/${cause.event}`)).body, {
    type: 'ContextRecorded',
    coding: { cameo: '192' },
  });
  const asFirstKnown = await demarche.get(`/v1/negotiations/${idOf('E56')}?knownAt=${body.opening.sequence}`);
  t.match(asFirstKnown.body, { status: 'agreed_to_open', since: idOf('E56') });
  t.same(await namesOf(demarche, '/v1/negotiations?status=abandoned'), ['E54', 'E56']);
  const { body: draft } = await demarche.get(`/v1/negotiations/${idOf('E54')}`);
  t.same(
    draft.history.map(({ status }: any) => status),
    ['agreed', 'abandoned'],
  );
});

test('what was demanded and refused names the refusal, also where the ask is known in words only', async (t) => {
  const { demarche } = await startExample(t);
  const refused = await itemsOf(demarche, '/v1/demands?status=refused');
  t.same(
    refused.map(({ id, since }) => [nameOf(id), nameOf(since)]),
    [
      ['E49', 'E49'],
      ['E22', 'E50'],
      ['E23', 'E50'],
      ['E15', 'E29'],
      ['E16', 'E29'],
      ['E17', 'E29'],
    ],
  );
  t.equal(refused[0].opening.data.ask, 'Taurus cruise missiles');
  t.same(await namesOf(demarche, '/v1/proposals?status=refused'), ['E24']);
});

test('what rests on anonymous sources only is told, part by part where only parts do', async (t) => {
  const { demarche } = await startExample(t);
  const found = await itemsOf(demarche, '/v1/evidence?anonymous=true');
  t.same(
    found.map(({ fact, anonymous }) => [nameOf(fact.id), anonymous]),
    [
      ['E01', ['durationMinutes', 'initiator']],
      ['E13', 'whole'],
      ['E25', 'whole'],
      ['E26', 'whole'],
      ['E35', 'whole'],
      ['E42', 'whole'],
    ],
  );
});

test('what is only planned is not held, and what is ruled out is not planned', async (t) => {
  const { demarche } = await startExample(t);
  t.same(await namesOf(demarche, '/v1/events?family=encounter&modality=planned'), ['E04', 'E06', 'E07']);
  t.same(await namesOf(demarche, '/v1/events?family=encounter&modality=negated'), ['E08']);
  t.same(await namesOf(demarche, '/v1/encounters?status=planned'), ['E04', 'E07']);
  t.same(await namesOf(demarche, '/v1/encounters?status=ruled_out'), ['E08']);
  t.same(await namesOf(demarche, '/v1/encounters?status=held'), ['E03', 'E02', 'E09', 'E11', 'E01']);
  const { body: summit } = await demarche.get(`/v1/encounters/${idOf('E04')}`);
  t.match(summit.attendance, [
    { event: idOf('E05'), actor: 'vladimir-putin', decision: 'declines', statedReason: 'logistics' },
    { event: idOf('E06'), actor: 'sergey-lavrov', decision: 'attends' },
  ]);
  t.same(await namesOf(demarche, '/v1/contacts?between=olaf-scholz,xi-jinping'), []);
});

test('who has left office by the time of the report still spoke in it when he spoke', async (t) => {
  const { demarche } = await startExample(t);
  const { body } = await demarche.get('/v1/positions/nato/territorial-settlement');
  t.match(body.series, [{ event: idOf('E37'), speaker: 'jens-stoltenberg', principal: 'nato', position: -2 }]);
  for (const [day, status] of [
    ['2024-06-14', 'current'],
    ['2024-11-15', 'former'],
  ] as const) {
    const actor = await demarche.get(`/v1/actors/jens-stoltenberg?at=${day}`);
    t.match(
      actor.body.offices,
      [{ office: 'Secretary General of NATO', of: 'nato', from: '2014-10-01', until: '2024-10-01', status }],
      day,
    );
  }
});

test('a correction moves the fact, what was known before stays to be seen, and a replay gives the same', async (t) => {
  const { demarche, loaded } = await startExample(t);
  const annexation = idOf('E63');
  const corrected = await learn(demarche, {
    type: 'EventCorrected',
    data: {
      event: annexation,
      reason: 'The report errs by a year: the treaties were signed on 30 September 2022',
      replacement: { occurred: '2022-09-30' },
    },
  });
  const daysAsKnown = async (knownAt: number) =>
    (await demarche.get(`/v1/events/${annexation}?knownAt=${knownAt}`)).body.occurred.edtf;
  t.same([await daysAsKnown(loaded), await daysAsKnown(corrected)], ['2023', '2022-09-30']);

  const actsOf = (year: number, knownAt: number) =>
    namesOf(
      demarche,
      `/v1/events?type=LegalActTaken&from=${year}-01-01&to=${year}-12-31&match=contained&knownAt=${knownAt}`,
    );
  t.same([await actsOf(2022, loaded), await actsOf(2023, loaded)], [[], ['E63']]);
  t.same([await actsOf(2022, corrected), await actsOf(2023, corrected)], [['E63'], []]);

  const done = async (at: string, knownAt: number) =>
    (await namesOf(demarche, `/v1/relations/russia/ukraine/events?at=${at}&knownAt=${knownAt}`)).includes('E63');
  t.same([await done('2022-12-31', loaded), await done('2023-12-31', loaded)], [false, true]);
  t.same([await done('2022-09-29', corrected), await done('2022-12-31', corrected)], [false, true]);

  for (const { name } of projections) await t.resolves(assertRebuilt(demarche, name), `${name}, row by row`);
});

test('the same report posted twice adds nothing; a second source adds a mention, not a call', async (t) => {
  const { demarche } = await startExample(t);
  const { body: head } = await demarche.get('/v1/log');
  const { body } = await postExample(demarche);
  t.same(new Set(body.results.map(({ status }: any) => status)), new Set(['duplicate']));
  t.same((await demarche.get('/v1/log')).body, head);

  const evidence = async () =>
    (await itemsOf(demarche, '/v1/evidence?type=CallHeld')).find(({ fact }) => fact.id === idOf('E01'));
  t.match(await evidence(), { mentions: 1, sources: 1, anonymous: ['durationMinutes', 'initiator'] });
  await learn(demarche, {
    type: 'EventCorroborated',
    data: { event: idOf('E01'), summary: 'The Kremlin tells of the call, and says who asked for it' },
    source: { publisher: 'President of Russia', title: 'Telephone conversation with Olaf Scholz' },
  });
  t.match(await evidence(), { mentions: 2, sources: 2, anonymous: null });
  t.same(await namesOf(demarche, '/v1/events?type=CallHeld'), ['E02', 'E01']);
  t.same(await namesOf(demarche, '/v1/contacts?between=olaf-scholz,vladimir-putin'), ['E03', 'E02', 'E01']);
  t.match((await demarche.get(`/v1/events/${idOf('E01')}`)).body.mentions, [
    { source: { publisher: 'President of Russia' } },
  ]);
});

test('a window of days tells what lies in it from what only may', async (t) => {
  const { demarche } = await startExample(t);
  const june = 'from=2024-06-01&to=2024-06-30';
  const found = await itemsOf(demarche, `/v1/events?${june}&match=overlap`);
  const flagged = (window: string) =>
    found.flatMap((fact) => (fact.window === window ? nameOf(fact.id) : [])).toSorted();
  t.same(flagged('contained'), ['E09']);
  t.equal(flagged('overlap').join(' '), 'E18 E19 E22 E23 E24 E31 E32 E37 E41 E48 E49 E50 E51 E52 E58 E64 E66');
  t.same(await namesOf(demarche, `/v1/events?${june}&match=contained`), ['E09']);
});

test('alignment has a value where enough issues are shared, and always says how many are', async (t) => {
  const { demarche } = await startExample(t);
  const alignments = async (more: string) => {
    const { body } = await demarche.get(`/v1/alignments?actors=ukraine,germany,russia,nato${more}`);
    return body.items.map(({ a, b, n, alignment }: any) => `${a} ${b} ${n} ${alignment}`);
  };
  t.same(await alignments('&minOverlap=1'), [
    'germany nato 0 null',
    'germany russia 2 87.5',
    'germany ukraine 3 41.67',
    'nato russia 1 0',
    'nato ukraine 1 100',
    'russia ukraine 2 12.5',
  ]);
  t.same(await alignments(''), [
    'germany nato 0 null',
    'germany russia 2 null',
    'germany ukraine 3 41.67',
    'nato russia 1 null',
    'nato ukraine 1 null',
    'russia ukraine 2 null',
  ]);
});

test('what is retracted leaves every view and stays in the log', async (t) => {
  const { demarche, loaded } = await startExample(t);
  const opinion = idOf('E70');
  const retracted = await learn(demarche, {
    type: 'EventRetracted',
    data: { event: opinion, reason: 'An opinion on the war, not a fact of diplomacy' },
  });
  const views = [
    '/v1/events?issue=ceasefire',
    '/v1/events?family=act&modality=opinion',
    '/v1/events?from=2024-11-15&to=2024-11-15',
    '/v1/evidence?type=ContextRecorded',
  ];
  for (const view of views) {
    const shown = async (knownAt: number) =>
      (await itemsOf(demarche, `${view}&knownAt=${knownAt}`)).some((item) => (item.fact ?? item).id === opinion);
    t.same([await shown(loaded), await shown(retracted)], [true, false], view);
  }
  t.ok(
    (await namesOf(demarche, '/v1/events?order=recorded&type=ContextRecorded')).includes('E70'),
    'it stays in the log',
  );
  t.match((await demarche.get(`/v1/events/${opinion}`)).body, { id: opinion, retracted });
});

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
