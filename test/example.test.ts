// The example that ships: a report of the Scholz–Putin call of 15 November 2024, posted as a client would post it. What the
// answers must be was coded by hand, from the report and the rules, before there was anything to answer.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { projections } from '../src/projections/every-projection.ts';
import { rebuild } from '../src/projections/rebuild.ts';
import { startDemarche, type Demarche } from './support/demarche.ts';

const EXAMPLE = readFileSync(new URL('../examples/scholz-putin-call.ndjson', import.meta.url), 'utf8');
const LOADER = fileURLToPath(new URL('../examples/load.ts', import.meta.url));

/** Principal, issue, fact, first and last possible day, position, firmness, change: what counts, series by series. */
const SERIES = `
germany direct-contact-with-putin E12 2024-11-01 2024-11-30 +1 flexible new
germany direct-contact-with-putin E28 2024-11-01 2024-11-30 +1 flexible reiterated
germany invasion-legality E33 2024-11-15 2024-11-15 -2 firm new
germany negotiations E14 2024-11-15 2024-11-15 +2 firm new
germany north-korean-troops E35 2024-11-15 2024-11-15 -2 firm new
germany strikes-on-civilian-infrastructure E34 2024-11-15 2024-11-15 -2 firm new
germany troop-withdrawal E13 2024-11-15 2024-11-15 +2 firm new
germany war-assessment E25 2024-11-15 2024-11-15 -2 - new
nato territorial-settlement E37 2024-01-01 2024-12-31 -2 firm new
russia nato-role E36 2024-11-15 2024-11-15 -2 firm new
russia negotiations E19 2024-01-01 2024-12-31 +1 firm new
russia negotiations E31 2024-01-01 2024-12-31 +1 firm reiterated
russia negotiations E20 2024-08-01 2024-11-15 +1 firm hardened
russia territorial-settlement E30 2024-11-01 2024-11-30 +2 red_line new
russia territorial-settlement E15 2024-11-15 2024-11-15 +2 red_line reiterated
russia territorial-settlement E16 2024-11-15 2024-11-15 +2 red_line reiterated
russia territorial-settlement E17 2024-11-15 2024-11-15 +2 red_line reiterated
ukraine direct-contact-with-putin E38 2024-11-15 2024-11-15 -2 firm new
ukraine direct-contact-with-putin E39 2024-11-15 2024-11-15 -2 firm reiterated
ukraine direct-contact-with-putin E40 2024-11-15 2024-11-15 -2 firm reiterated
ukraine long-range-weapons E23 2024-01-01 2024-12-31 +2 firm new
ukraine nato-membership E22 2024-01-01 2024-12-31 +2 firm new
ukraine territorial-settlement E29 2024-11-01 2024-11-30 -2 red_line new
ukraine troop-withdrawal E21 2024-11-15 2024-11-15 +2 red_line new`;

/** Taken for what they are, and never for a position: an author's reading, judgements, an opinion. */
const UNCOUNTED = `
germany military-aid-to-ukraine E32 opinion
germany military-aid-to-ukraine E53 assessment
russia nato-membership E18 interpreted
russia territorial-settlement E27 assessment`;

test('every series of the report comes out as it was coded by hand', async (t) => {
  const demarche = await startDemarche(t);
  const sequence = await load(demarche);
  const facts = await itemsOf(demarche, `/v1/events?correlation=scholz-putin-call&minSequence=${sequence}`);
  const occurred = new Map(facts.map((fact) => [fact.id, fact.occurred]));
  const counted: string[] = [];
  const uncounted: string[] = [];
  for (const { actor } of await itemsOf(demarche, '/v1/actors')) {
    for (const { issue } of await itemsOf(demarche, '/v1/issues')) {
      const { body } = await demarche.get(`/v1/positions/${actor}/${issue}?minSequence=${sequence}`);
      for (const said of body.series) {
        const { earliest, latest } = occurred.get(said.event);
        const value = said.position > 0 ? `+${said.position}` : said.position;
        if (!said.counted) uncounted.push([actor, issue, nameOf(said.event), said.modality].join(' '));
        else
          counted.push(
            [actor, issue, nameOf(said.event), earliest, latest, value, said.firmness ?? '-', said.change].join(' '),
          );
      }
    }
  }
  t.same(counted, linesOf(SERIES));
  t.same(uncounted, linesOf(UNCOUNTED));
});

test('Russia reiterates what it said on the territories, and the judgement on it stands beside', async (t) => {
  const demarche = await startDemarche(t);
  const { body } = await demarche.get(
    `/v1/positions/russia/territorial-settlement?minSequence=${await load(demarche)}`,
  );
  const told = body.series.map((said: any) => [
    nameOf(said.event),
    said.change,
    said.delta,
    said.claimedReiteration,
    said.counted,
  ]);
  t.same(told, [
    ['E30', 'new', null, false, true],
    ['E15', 'reiterated', 0, true, true],
    ['E16', 'reiterated', 0, true, true],
    ['E17', 'reiterated', 0, false, true],
    ['E27', null, null, false, false],
  ]);
  t.equal(nameOf(body.current.event), 'E17');
  t.match(body.series[1], {
    speaker: 'vladimir-putin',
    attribution: [{ actor: 'kremlin' }, { actor: 'vladimir-putin' }],
  });
});

test('the contacts of two leaders come in order of time, and with them the silence between', async (t) => {
  const demarche = await startDemarche(t);
  const contacts = await itemsOf(
    demarche,
    '/v1/events?type=CallHeld,MeetingHeld&actor=olaf-scholz&actor=vladimir-putin&order=occurred' +
      `&minSequence=${await load(demarche)}`,
  );
  t.same(
    contacts.map(({ id, type }) => [nameOf(id), type]),
    [
      ['E03', 'MeetingHeld'],
      ['E02', 'CallHeld'],
      ['E01', 'CallHeld'],
    ],
  );
  const [, before, call] = contacts;
  t.match(call.data, { initiator: 'germany', durationMinutes: 60, channel: 'telephone' });
  // "Nearly two years" of the report: 22 and a half to 23 and a half months, as of the call before only the month is known.
  t.equal(daysBetween(before.occurred.latest, call.occurred.earliest), 685);
  t.equal(daysBetween(before.occurred.earliest, call.occurred.latest), 715);
});

test('only what was said about the call is a reaction to the call', async (t) => {
  const demarche = await startDemarche(t);
  const reactions = await itemsOf(demarche, `/v1/events/${idOf('E01')}/reactions?minSequence=${await load(demarche)}`);
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
});

test('who has left office by the time of the report still spoke in it when he spoke', async (t) => {
  const demarche = await startDemarche(t);
  const sequence = await load(demarche);
  const { body } = await demarche.get(`/v1/positions/nato/territorial-settlement?minSequence=${sequence}`);
  t.match(body.series, [{ event: idOf('E37'), speaker: 'jens-stoltenberg', principal: 'nato', position: -2 }]);
  for (const [day, status] of [
    ['2024-06-14', 'current'],
    ['2024-11-16', 'former'],
  ] as const) {
    const actor = await demarche.get(`/v1/actors/jens-stoltenberg?at=${day}&minSequence=${sequence}`);
    t.match(actor.body.offices, [{ of: 'nato', from: '2014-10-01', until: '2024-10-01', status }], day);
  }
});

test('a correction moves the fact, what was known before stays to be seen, and a replay gives the same', async (t) => {
  const demarche = await startDemarche(t);
  const before = await load(demarche);
  const summit = idOf('E09');
  const after = await demarche.record({
    type: 'EventCorrected',
    occurred: '2024-11-18',
    data: { event: summit, reason: 'The host gives other days', replacement: { occurred: '2024-06-15/2024-06-16' } },
  });
  const daysAsKnown = async (knownAt: number) =>
    (await demarche.get(`/v1/events/${summit}?knownAt=${knownAt}`)).body.occurred.edtf;
  t.equal(await daysAsKnown(after), '2024-06-15/2024-06-16');
  t.equal(await daysAsKnown(before), '2024-06-16/2024-06-17');
  const meetingsOn = async (day: string, knownAt: number) => {
    const found = await itemsOf(demarche, `/v1/events?type=MeetingHeld&from=${day}&to=${day}&knownAt=${knownAt}`);
    return found.map(({ id }) => nameOf(id));
  };
  t.same(await meetingsOn('2024-06-15', after), ['E09']);
  t.same(await meetingsOn('2024-06-17', after), []);
  t.same(await meetingsOn('2024-06-15', before), []);
  t.same(await meetingsOn('2024-06-17', before), ['E09']);
  for (const projection of projections) {
    const rebuilt = await rebuild(demarche.log, projection);
    t.same(rebuilt.after, rebuilt.before, `${projection.name}, digest for digest`);
  }
});

test('the same report posted twice adds nothing', async (t) => {
  const demarche = await startDemarche(t);
  await load(demarche);
  const { body: head } = await demarche.get('/v1/log');
  const { body } = await post(demarche);
  t.same(new Set(body.results.map(({ status }: any) => status)), new Set(['duplicate']));
  t.same((await demarche.get('/v1/log')).body, head);
});

test('a window of days tells what lies in it from what only may', async (t) => {
  const demarche = await startDemarche(t);
  const june = `from=2024-06-01&to=2024-06-30&minSequence=${await load(demarche)}`;
  const found = await itemsOf(demarche, `/v1/events?${june}&match=overlap`);
  const flagged = (window: string) =>
    found.flatMap((fact) => (fact.window === window ? nameOf(fact.id) : [])).toSorted();
  t.same(flagged('contained'), ['E09']);
  t.same(flagged('overlap'), ['E18', 'E19', 'E22', 'E23', 'E31', 'E32', 'E37', 'E41']);
  const contained = await itemsOf(demarche, `/v1/events?${june}&match=contained`);
  t.same(
    contained.map(({ id }) => nameOf(id)),
    ['E09'],
  );
});

test('what is retracted leaves every view and stays in the log', async (t) => {
  const demarche = await startDemarche(t);
  const before = await load(demarche);
  const opinion = idOf('E43');
  const after = await demarche.record({
    type: 'EventRetracted',
    occurred: '2024-11-18',
    data: { event: opinion, reason: 'Nobody is named who saw it so' },
  });
  const views = [
    `/v1/events/${idOf('E01')}/reactions?`,
    '/v1/events?issue=ceasefire&',
    '/v1/events?actor=unnamed-observers&',
  ];
  for (const view of views) {
    const shown = async (knownAt: number) =>
      (await itemsOf(demarche, `${view}knownAt=${knownAt}`)).some(({ id }) => id === opinion);
    t.same([await shown(before), await shown(after)], [true, false], view);
  }
  const log = await itemsOf(demarche, `/v1/events?order=recorded&minSequence=${after}`);
  t.ok(
    log.some(({ id }) => id === opinion),
    'it stays in the log',
  );
  const { body } = await demarche.get(`/v1/events/${opinion}`);
  t.match(body, { id: opinion, retracted: after });
});

test('the example loads over HTTP, a second time without effect, and says in a sentence what is wrong', async (t) => {
  const demarche = await startDemarche(t);
  const url = await demarche.app.listen({ host: '127.0.0.1', port: 0 });
  const first = await runLoader(url);
  t.match(first.output, /Recorded 98 events\.\n\nWhere russia stands on .*\n\ndate +change +position/);
  t.match(first.output, /2024-11-15 +reiterated +\+2 +red line +vladimir-putin +“realities on the ground” +kremlin/);
  t.match((await runLoader(url)).output, /All 98 events were there already/);

  const other = await startDemarche(t);
  await other.record({
    type: 'ActorRegistered',
    occurred: '2024',
    data: { actor: 'germany', kind: 'state', name: 'Germany' },
  });
  const refused = await runLoader(await other.app.listen({ host: '127.0.0.1', port: 0 }));
  t.match(refused, {
    exitCode: 1,
    output: /Line 1 of .* not recorded: event_refused\n {2}\/data\/actor: found "germany", which/,
  });
  t.match(await runLoader('http://127.0.0.1:1'), { exitCode: 1, output: /^No Demarche answers at .* Start one/ });
});

async function load(demarche: Demarche): Promise<number> {
  const { body } = await post(demarche);
  const refused = body.results.filter(({ status }: any) => status !== 'recorded');
  if (refused.length > 0) throw new Error(`Not all of the example was recorded: ${JSON.stringify(refused)}`);
  return body.sequence;
}

function post(demarche: Demarche) {
  return demarche.post('/v1/events/batch', EXAMPLE, { 'content-type': 'application/x-ndjson' });
}

async function itemsOf(demarche: Demarche, path: string): Promise<any[]> {
  const { body } = await demarche.get(`${path}${path.includes('?') ? '&' : '?'}limit=1000`);
  return body.items;
}

/** The facts carry their number in the report as the last digits of their ids. */
function nameOf(id: string): string {
  return `E${id.slice(-2)}`;
}

function idOf(name: string): string {
  return `01932c00-0000-7000-8000-0000000000${name.slice(1)}`;
}

function linesOf(table: string): string[] {
  return table.trim().split('\n');
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

function runLoader(url: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEMARCHE_URL: url };
    execFile(process.execPath, [LOADER], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}
