// What is removed by law is gone from everything, at every time, and the log still proves all that it proved before.
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { BEGINNING, verifyLog } from '../src/events/verify-log.ts';
import { readRebuilds } from '../src/projections/rebuild.ts';
import { actor, issue } from './support/cast.ts';
import { startDemarche, type Demarche } from './support/demarche.ts';
import { everyQuestion } from './support/every-answer.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { append, item } from './support/log-append.ts';
import { faultsOf, rowsOf } from './support/log-hashes.ts';
import { call, correction, idOf, range, retraction, statement } from './support/log-submissions.ts';
import { outcome, startNode } from './support/start-node.ts';

const ALL = 1_000_000;
const SECRET = 'unspeakable';

function redaction(number: number, more: object = {}) {
  const data = { event: idOf(number), reason: 'It names a witness', legalBasis: 'GDPR, Article 17(1)(d)', ...more };
  return { type: 'EventRedacted', occurred: '2024-11-18', data };
}

t.test('the database lets a redaction empty what it names, and nothing else', async (t) => {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  const client = new Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  const redacts = (number: number, target: number) =>
    item(number, {
      stream: `statement-${idOf(target)}`,
      type: 'EventRedacted',
      content: { data: { event: idOf(target) } },
    });
  await append(client, [item(1), item(2), item(3)]);
  const before = await rowsOf(db);
  await append(client, [redacts(4, 2)]);
  const after = await rowsOf(db);
  t.same(after.slice(0, 3), before.with(1, { ...before[1]!, content: { redacted: 4 } }), 'all else is as it was');
  await append(client, [item(5), redacts(6, 5)]);
  t.same((await rowsOf(db))[4]!.content, { redacted: 6 }, 'also what was recorded together with it');
  t.same(await faultsOf(db), []);
  t.same((await verifyLog({ db, schema: 'log' }, BEGINNING, ALL)).fault, null);
  t.match(await append(client, [item(2)]), [{ outcome: 'duplicate', sequence: 2 }], 'the content hash still tells');
  t.match(await append(client, [item(2, { occurred: '2024-11-16' })]), [{ outcome: 'id_reused' }]);

  await t.rejects(append(client, [redacts(7, 99)]), { code: 'DM003' }, 'what it names is there');
  await t.rejects(append(client, [redacts(7, 2)]), { code: 'DM001' }, 'nothing is emptied twice');
  await t.rejects(append(client, [redacts(7, 4)]), { code: 'DM001' }, 'a redaction stays');

  // A way around the trigger of statements: from inside another trigger.
  await client.query(`
    create table public.lever (pulled text);
    create function public.pull() returns trigger language plpgsql as $$ begin execute new.pulled; return null; end $$;
    create trigger pulling after insert on public.lever for each row execute function public.pull();
    alter table public.lever enable always trigger pulling`);
  const directly = (change: string) => client.query(change);
  const byLever = (change: string) => client.query('insert into public.lever values ($1)', [change]);
  const marker = (sequence: number) => `content = '{"redacted": ${sequence}}'`;
  const unchanged = await rowsOf(db);
  const others = [
    `update log.event set ${marker(4)} where sequence = 1`,
    `update log.event set ${marker(4)} where sequence = 2`,
    `update log.event set content = '{}' where sequence = 2`,
    `update log.event set content = '{"redacted": "4"}' where sequence = 2`,
    `update log.event set occurred = '2024' where sequence = 1`,
    `update log.event_key set version = 9 where sequence = 1`,
    `delete from log.event where sequence = 1`,
    `truncate log.event`,
  ];
  // While an EventRedacted of event 3 is being recorded, as event 7.
  const together = [
    `update log.event set ${marker(7)} where sequence = 1`,
    `update log.event set ${marker(4)} where sequence = 3`,
    `update log.event set content = '{"redacted": 7, "data": {}}' where sequence = 3`,
    `update log.event set content = '{}' where sequence = 3`,
    `update log.event set ${marker(7)}, occurred = '2024' where sequence = 3`,
    `update log.event set ${marker(7)}, content_hash = sha256('x') where sequence = 3`,
    `update log.event set ${marker(7)}, hash = sha256('x') where sequence = 3`,
    `update log.event set ${marker(7)}, recorded_by = 'x' where sequence = 3`,
    `update log.event set content = '{}' where sequence = 7`,
    `delete from log.event where sequence = 3`,
  ];
  for (const role of ['origin', 'replica']) {
    await client.query(`set session_replication_role = ${role}`);
    for (const change of others)
      for (const way of [directly, byLever]) await t.rejects(way(change), { code: 'DM001' }, `${change}, as ${role}`);
    for (const change of together) {
      for (const way of [directly, byLever]) {
        await client.query('begin');
        await append(client, [redacts(7, 3)]);
        await t.rejects(way(change), { code: 'DM001' }, `beside the redaction: ${change}, as ${role}`);
        await client.query('rollback');
      }
    }
    await client.query('begin');
    await append(client, [redacts(7, 3)]);
    await t.rejects(directly(`update log.event set ${marker(7)} where sequence = 3`), { code: 'DM001' }, 'not by hand');
    await client.query('rollback');
  }
  t.same(await rowsOf(db), unchanged);
  await append(client, [redacts(7, 3)]);
  t.same((await rowsOf(db))[2]!.content, { redacted: 7 }, 'in a session of a replica as well');
});

/** Two states that speak with each other, and everything that may be said about a statement of one of them. */
async function story(t: Test): Promise<Demarche> {
  const demarche = await startDemarche(t);
  await demarche.record(
    actor('germany', 'state'),
    actor('russia', 'state'),
    actor('kremlin', 'organisation', { represents: 'russia', aliases: [SECRET] }),
    issue('territory'),
    { ...call(['germany', 'russia']), id: idOf(1) },
    {
      ...statement('russia', { summary: `An ${SECRET} thing was said`, quote: SECRET }),
      id: idOf(2),
      stance: { issue: 'territory', position: 2, firmness: 'red_line', conditions: { added: [SECRET] } },
      source: { publisher: SECRET, title: `The ${SECRET} report` },
      correlationId: SECRET,
    },
    {
      ...statement('russia'),
      id: idOf(3),
      occurred: '2024-11-16',
      stance: { issue: 'territory', position: 1, firmness: 'firm' },
    },
    { id: idOf(4), ...correction(2, { source: { publisher: `${SECRET} again` } }) },
    {
      id: idOf(5),
      type: 'EventCorroborated',
      occurred: '2024-11-16',
      data: { event: idOf(2), summary: `Others tell ${SECRET} things too` },
      source: { publisher: 'An agency' },
    },
    {
      id: idOf(6),
      type: 'EventDisputed',
      occurred: '2024-11-16',
      data: { event: idOf(2), by: 'germany', summary: `It was not ${SECRET}` },
    },
    {
      id: idOf(7),
      type: 'ReactionIssued',
      occurred: '2024-11-17',
      data: { speaker: 'germany', to: { kind: 'event', event: idOf(2) }, sentiment: -1, summary: 'Germany rejects it' },
    },
    {
      id: idOf(8),
      type: 'DemandStated',
      occurred: '2024-11-15',
      data: { speaker: 'germany', addressees: ['russia'], force: 'demand', kind: 'substantive', summary: 'Stop' },
    },
    {
      id: idOf(9),
      type: 'DemandAnswered',
      occurred: '2024-11-16',
      data: { speaker: 'russia', demands: [idOf(8)], answer: 'refused', summary: `${SECRET} words` },
    },
  );
  return demarche;
}

/** Every text in every table of the database that holds the word. */
async function placesOf(db: Kysely<any>, word: string): Promise<string[]> {
  const { rows: tables } = await sql<{ place: string }>`
    select format('%I.%I', schemaname, tablename) as place from pg_tables where schemaname like 'log%'`.execute(db);
  const found: string[] = [];
  for (const { place } of tables) {
    const { rows } = await sql.raw(`select 1 from ${place} t where t::text ilike '%${word}%' limit 1`).execute(db);
    if (rows.length > 0) found.push(place);
  }
  return found.toSorted();
}

/** Waits until everything was rebuilt after a redaction, and nothing is left to be dropped. */
async function rebuilt({ log }: Demarche, since: number): Promise<boolean> {
  const isDone = async () => {
    const { rows } = await sql<{ open: number }>`
      select count(*) as open from log.projection_run where role <> 'live' or redaction is not null or checkpoint < ${since}`.execute(
      log.db,
    );
    return rows[0]!.open === 0;
  };
  return (await waitUntil(isDone, 30_000)) === true;
}

t.test('what repeats an event is redacted before it, and is named where it was forgotten', async (t) => {
  const demarche = await story(t);
  const post = (event: object) => demarche.post('/v1/events', event);
  const refused = (expected: RegExp, found = /./) => ({
    status: 422,
    body: { code: 'event_refused', errors: [{ pointer: '/data/event', found, expected }] },
  });
  const named = new RegExp([4, 5, 6].map(idOf).join(', '));
  t.match(await post(redaction(2)), refused(named, /of which 3 others tell/));
  t.match(await post(redaction(99)), refused(/id of a recorded event/));
  await demarche.record(...[4, 5].map((number) => redaction(number)));
  t.match(await post(redaction(2)), refused(new RegExp(`: ${idOf(6)}$`)));
  t.match(await post({ ...redaction(6), data: { event: idOf(6), reason: 'x' } }), {
    status: 400,
    body: { errors: [{ pointer: '/data/legalBasis' }] },
  });

  // Taken back, it still says what it said.
  await demarche.record({ id: idOf(20), ...retraction(6) });
  t.match(await post(redaction(2)), refused(new RegExp(idOf(6))));
  t.match(await post(redaction(20)), refused(/the redaction of what it takes back/, /a retraction/));
  await demarche.record({ id: idOf(21), ...redaction(6) }, redaction(20), { id: idOf(22), ...redaction(2) });
  t.match(await post(redaction(2)), refused(/still says something/, /redacted by event \d+/));
  for (const about of [redaction(22), retraction(22), correction(22, { occurred: '2024' })])
    t.match(await post(about), refused(/./, /EventRedacted/), `${about.type} of a redaction`);
  for (const about of [retraction(2), correction(2, { occurred: '2024' })])
    t.match(await post(about), refused(/still stands/, /retracted by event/), `${about.type} of what was redacted`);
  t.same((await verifyLog(demarche.log, BEGINNING, ALL)).fault, null);
  t.same(await faultsOf(demarche.log.db), []);
});

t.test(
  'a redacted event is gone from every table and every answer, at every time, and its place is proven',
  async (t) => {
    const demarche = await story(t);
    const { log } = demarche;
    const get = async (path: string) => (await demarche.get(path)).body;
    await waitUntil(async () => (await get('/v1/projections')).items.every(({ lag }: { lag: number }) => lag === 0));
    const { id: whatIf } = await demarche.rebuild(['events', 'positions'], { until: 10 });
    t.equal((await demarche.rebuild(['positions'])).state, 'switched');
    t.ok((await placesOf(log.db, SECRET)).length > 6, 'it was in many places');
    const { root } = await get('/v1/log/root');
    const head = (await get('/v1/log')).sequence;
    const proofBefore = await get(`/v1/events/${idOf(2)}/proof?head=${head}`);

    const batch = [...[4, 5, 6, 9].map((number) => redaction(number)), redaction(2), redaction(31)];
    const other = { ...actor('spokesman', 'person', { aliases: [`The ${SECRET}`] }), id: idOf(31) };
    await demarche.record(other);
    const last = await demarche.record(...batch);
    const registered = (await get('/v1/events?order=recorded&type=ActorRegistered&limit=3')).items[2];
    const kremlin = { ...redaction(1), data: { ...redaction(1).data, event: registered.id } };
    const end = await demarche.record(kremlin);
    t.equal(end, last + 1);

    // At once, before anything is rebuilt.
    for (const path of ['', `?knownAt=6`, `?knownAt=${last}`]) {
      const event = await get(`/v1/events/${idOf(2)}${path}`);
      t.match(event, {
        redacted: last - 1,
        retracted: last - 1,
        data: {},
        source: null,
        stance: null,
        coding: null,
        counted: false,
      });
      t.equal(JSON.stringify(event).includes(SECRET), false);
    }
    const { series: atOnce } = await get(`/v1/positions/russia/territory?minSequence=${end}`);
    t.match(atOnce, [{ event: idOf(3), change: 'new' }]);
    t.equal(atOnce.length, 1);
    const { items: demands } = await get(`/v1/demands?minSequence=${end}`);
    t.match(demands, [{ opening: { id: idOf(8) }, status: 'open', history: [{}] }], 'its answer is gone');
    t.ok(await rebuilt(demarche, end), 'everything is rebuilt by itself');
    t.same(await placesOf(log.db, SECRET), [], 'no table holds it any more');

    const questions = everyQuestion({
      actors: ['germany', 'russia', 'kremlin'],
      issues: ['territory'],
      events: range(1, 9).map(idOf),
    });
    for (const knownAt of [null, ...range(1, end)]) {
      for (const question of [
        ...questions,
        `/v1/events?text=${SECRET}`,
        `/v1/events?order=recorded&text=${SECRET}`,
        `/v1/events?correlation=${SECRET}`,
      ]) {
        const path = `${question}${question.includes('?') ? '&' : '?'}${knownAt === null ? '' : `knownAt=${knownAt}`}`
          .replace(/[?&]+$/, '')
          .replace('?&', '?');
        const { status, body } = await demarche.get(path);
        if ((status !== 200 && status !== 404) || JSON.stringify(body).includes(SECRET))
          t.fail(`${path}: ${JSON.stringify(body)}`);
        if (path.includes(SECRET)) t.same(body.items, [], path);
      }
    }
    const { series } = await get('/v1/positions/russia/territory');
    t.match(series, [{ event: idOf(3), change: 'new', previous: null }]);
    t.equal(series.length, 1);
    const { series: earlier } = await get('/v1/positions/russia/territory?knownAt=7');
    t.match(earlier, [{ event: idOf(3), change: 'new' }], 'and it was never there');
    const listed = await get('/v1/events?order=recorded&limit=1000');
    t.equal(listed.items.length, end, 'the list of the log is whole');
    t.match(listed.items[5], { id: idOf(2), type: 'StatementMade', redacted: last - 1, data: {} });
    t.match(
      listed.items[10],
      { type: 'ReactionIssued', data: { to: { event: idOf(2) } } },
      'what refers to it still does',
    );
    t.notOk((await get('/v1/events?limit=1000')).items.some(({ id }: { id: string }) => id === idOf(2)));
    t.match(await demarche.get(`/v1/rebuilds/${whatIf}`), { body: { state: 'dropped' } });
    t.equal((await demarche.get(`/v1/positions/russia/territory?projectionRun=${whatIf}`)).status, 400);

    const [automatic] = await readRebuilds(log, { limit: 1 });
    t.match(automatic, { reason: 'redaction', state: 'switched' });
    const again = await demarche.rebuild(
      demarche.projector.projections.map(({ name }) => name),
      { dryRun: true },
    );
    t.match(again, { state: 'compared', comparison: { equal: true } }, 'a rebuild gives the same');

    t.same((await verifyLog(log, BEGINNING, ALL)).fault, null);
    t.same(await faultsOf(log.db), []);
    const proof = await get(`/v1/events/${idOf(2)}/proof?head=${head}`);
    t.same(proof, { ...proofBefore, content: null });
    const script = startNode(['docs/prove-event.mjs', root]);
    script.stdin.end(JSON.stringify(proof));
    t.match(await outcome(script), { code: 0, output: 'Event 6 is in the log; its content was removed' });

    const posted = await demarche.post('/v1/events', {
      ...statement('russia', { summary: `An ${SECRET} thing was said`, quote: SECRET }),
      id: idOf(2),
      stance: { issue: 'territory', position: 2, firmness: 'red_line', conditions: { added: [SECRET] } },
      source: { publisher: SECRET, title: `The ${SECRET} report` },
      correlationId: SECRET,
    });
    t.match(posted, {
      status: 200,
      headers: { 'idempotent-replayed': 'true' },
      body: { sequence: 6, redacted: last - 1, data: {} },
    });
    t.match(await demarche.post('/v1/events', { ...statement('russia'), id: idOf(2) }), {
      status: 409,
      body: { code: 'id_reused' },
    });
    t.match(
      await demarche.post('/v1/events', { ...statement('kremlin') }),
      { status: 422 },
      'an actor whose registration is gone',
    );
    t.equal(
      JSON.stringify(demarche.registry.eventsOf('actor-kremlin')).includes(SECRET),
      false,
      'nor does memory hold it',
    );
  },
);

t.test(
  'who follows the log is told of the redaction, and whoever comes later gets nothing of what was removed',
  async (t) => {
    const demarche = await startDemarche(t);
    const before = await demarche.record(actor('germany', 'state'));
    const gone = new AbortController();
    const following: AsyncGenerator[] = [];
    const follow = (after?: number) => {
      const messages = demarche.feed.follow(
        after === undefined ? undefined : { after, parameter: 'afterSequence' },
        {},
        gone.signal,
      );
      following.push(messages);
      return async () => String((await messages.next()).value);
    };
    const early = follow();
    await early();
    await demarche.record({ ...statement('germany', { summary: `${SECRET} words` }), id: idOf(2) });
    t.match(await early(), `${SECRET} words`, 'as it was recorded');
    const { body } = await demarche.post('/v1/events', redaction(2));
    t.match(await early(), /"type":"EventRedacted".*"legalBasis":"GDPR/);
    // From what this node holds for those who are not quite up with the log.
    for (const after of [0, before]) {
      const late = follow(after);
      await late();
      const told = await late();
      t.match(told, `"redacted":${body.sequence}`);
      t.notMatch(told, SECRET);
    }
    gone.abort();
    for (const messages of following) await messages.return(undefined);
  },
);
