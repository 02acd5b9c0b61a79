// Rebuilds of read models as a user asks for them: what they say while they run and when they are over, that what is live goes
// on answering, and that nothing of a run stays behind.
import { sql } from 'kysely';
import t from 'tap';
import { listen } from '../src/database/listen.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { issues } from '../src/projections/issues.ts';
import { projections } from '../src/projections/every-projection.ts';
import { CAST, issue, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { idOf } from './support/oracle-log.ts';
import { DEADLINE, ended, liveSchema, rebuildOf, runSchemas, schemasBecome } from './support/replay-node.ts';

const asked = { reason: 'asked', until: null, leftOut: { sources: [], events: [] }, dryRun: false, error: null };

t.test('what is rebuilt is compared, made live, and goes on with the log', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post } = demarche;
  const last = await demarche.record(...CAST, position('kremlin', 'troop-withdrawal', -2, '2024-06'));
  await get(`/v1/positions/russia/troop-withdrawal?minSequence=${last}`);
  const before = await liveSchema(log, 'positions');
  const answer = await get('/v1/positions/russia/troop-withdrawal');

  const begun = await post('/v1/projections/positions/rebuilds', {});
  t.match(begun, { status: 202, headers: { location: `/v1/rebuilds/${begun.body.id}` } });
  t.match(begun.body, { ...asked, projections: ['positions'], state: 'running', comparison: null, finished: null });
  const over = await ended({ get }, begun.body.id);
  t.match(over, { ...asked, state: 'switched', phase: 'finished', attempt: 1, sequence: last, total: last, share: 1 });
  t.match(over, { secondsLeft: 0, comparison: { sequence: last, equal: true } });
  t.ok(over.eventsPerSecond! > 0);
  t.ok(over.finished! >= over.created);
  const tables = over.comparison!.tables;
  t.ok(tables.every(({ projection, equal }) => projection === 'positions' && equal));
  t.ok(tables.every(({ rows }) => rows.live === rows.rebuilt));
  t.ok(tables.some(({ rows }) => rows.live > 0));

  const after = await liveSchema(log, 'positions');
  t.not(after, before, 'other tables answer');
  t.same(await runSchemas(log, 'positions'), [before, after].toSorted(), 'what stood before is kept');
  t.same((await get('/v1/positions/russia/troop-withdrawal')).body, answer.body);
  const next = await demarche.record(position('kremlin', 'troop-withdrawal', -1, '2024-11'));
  const { body } = await get(`/v1/positions/russia/troop-withdrawal?minSequence=${next}`);
  t.match(body, { sequence: next, current: { change: 'softened' } });
  const { body: listed } = await get('/v1/rebuilds');
  t.same(listed, { items: [over], next: null });
  t.same((await rebuildOf({ get, post }, 'positions', { dryRun: true })).comparison!.equal, true);
});

t.test('what is replayed is not done again: nobody is told, and the log stays as it is', async (t) => {
  const demarche = await startDemarche(t);
  const { url, log, get } = demarche;
  await demarche.record(...CAST, position('kremlin', 'troop-withdrawal', -2, '2024-06'));
  const words: string[] = [];
  let isListening = () => {};
  const listening = new Promise<void>((resolve) => (isListening = resolve));
  const listener = listen(url, `demarche_${log.schema}`, () => {
    words.push('told');
    isListening();
  });
  t.teardown(() => listener.stop());
  await listening;
  const [head, told] = [(await get('/v1/log')).body, words.length];
  t.equal((await rebuildOf(demarche, 'all')).state, 'switched');
  t.same((await get('/v1/log')).body, head);
  // Word comes in order: what the rebuild would have told has come before this.
  await demarche.record(position('kremlin', 'troop-withdrawal', -1, '2024-11'));
  t.ok(await waitUntil(async () => words.length > told, DEADLINE));
  t.equal(words.length, told + 1);
});

t.test('all projections are rebuilt together', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post } = demarche;
  const last = await demarche.record(...CAST);
  const before = await runSchemas(log);
  const over = await rebuildOf({ get, post }, 'all');
  t.same(over.projections.toSorted(), projections.map(({ name }) => name).toSorted());
  t.match(over, { state: 'switched', sequence: last, comparison: { equal: true, sequence: last } });
  t.same(
    [...new Set(over.comparison!.tables.map((one) => one.projection))].toSorted(),
    projections.map(({ name }) => name).toSorted(),
  );
  t.equal((await runSchemas(log)).length, 2 * before.length);
  const next = await demarche.record(issue('grain'));
  t.equal((await get(`/v1/issues/grain?minSequence=${next}`)).status, 200);
  const { body } = await get('/v1/projections');
  t.ok(body.items.every((one: any) => one.state === 'live' && one.rebuild === null && one.failed === null));

  // The second one gives up what the first had put aside.
  const kept = await runSchemas(log);
  t.match(await rebuildOf({ get, post }, 'all'), { state: 'switched' });
  const now = await schemasBecome(log, '', 2 * before.length);
  t.equal(now.filter((schema) => kept.includes(schema)).length, before.length);
});

t.test('a log of no event, and one of a single event, are rebuilt like any other', async (t) => {
  const demarche = await startDemarche(t);
  const { get, post } = demarche;
  for (const sequence of [0, 1]) {
    if (sequence === 1) await demarche.record(CAST[0]!);
    for (const [more, state] of [
      [{ dryRun: true }, 'compared'],
      [{}, 'switched'],
      [{ until: sequence }, 'scratch'],
      [{ until: 0 }, 'scratch'],
      [{ leaveOut: { sources: ['nobody'] } }, 'scratch'],
    ] as const) {
      const over = await rebuildOf({ get, post }, 'all', more);
      const taken = 'until' in more ? more.until : sequence;
      t.match(over, { state, share: 1, sequence: taken, error: null }, `${sequence} ${state}`);
      t.match(over.comparison, { equal: true, sequence: taken });
      if (state === 'scratch') {
        const { status, body } = await get(`/v1/actors?projectionRun=${over.id}`);
        t.match([status, body.sequence, body.items.length], [200, taken, taken]);
      }
    }
    const { body } = await get(`/v1/actors?minSequence=${sequence}`);
    t.match([body.sequence, body.items.length], [sequence, sequence]);
  }
});

t.test('a dry run leaves nothing but what it found', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post } = demarche;
  const last = await demarche.record(...CAST);
  const before = await runSchemas(log);
  const over = await rebuildOf({ get, post }, 'all', { dryRun: true });
  t.match(over, { dryRun: true, state: 'compared', sequence: last, comparison: { equal: true } });
  t.same(await schemasBecome(log, '', before.length), before, 'what is live is what was');
  const bounded = await rebuildOf({ get, post }, 'actors', { dryRun: true, until: 3 });
  t.match(bounded, {
    dryRun: true,
    until: 3,
    state: 'compared',
    sequence: 3,
    comparison: { equal: true, sequence: 3 },
  });
  t.same(await schemasBecome(log, '', before.length), before);
  const refused = await get(`/v1/actors?projectionRun=${bounded.id}`);
  t.match(refused, { status: 400, body: { code: 'invalid_request', errors: [{ parameter: 'projectionRun' }] } });
  t.match(refused.body.detail, /it is compared/);
});

t.test('what differs is told row by row, and switching mends it', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post, delete: remove } = demarche;
  const last = await demarche.record(...CAST, issue('grain'));
  t.same((await rebuildOf({ get, post }, 'issues', { dryRun: true })).comparison!.equal, true);
  const schema = await liveSchema(log, 'issues');
  const [name] = Object.keys(issues.tables);
  const own = sql.id(schema, name!);
  const slugs = ['troop-withdrawal', 'territorial-settlement', 'grain'];
  const { rows: stored } = await sql<any>`select * from ${own} order by sequence`.execute(log.db);
  t.same(
    stored.map((row) => row.issue),
    slugs,
  );
  const [withdrawal, settlement] = stored;
  const stranger = idOf(1);
  await sql`delete from ${own} where issue = 'grain'`.execute(log.db);
  await sql`update ${own} set issue = 'tampered' where issue = 'troop-withdrawal'`.execute(log.db);
  for (const [event, issue] of [
    [stranger, 'added'],
    [idOf(2), 'another'],
  ])
    await sql`
    insert into ${own} select (jsonb_populate_record(t, ${JSON.stringify({ event, issue })}::jsonb)).*
      from ${own} t where issue = 'territorial-settlement'`.execute(log.db);

  const over = await rebuildOf({ get, post }, 'issues');
  t.match(over, { state: 'switched', comparison: { equal: false, sequence: last } });
  const found = over.comparison!.tables.find(({ table }) => table === name)!;
  t.match(found, { equal: false, rows: { live: 4, rebuilt: 3 }, onlyLive: 2, onlyRebuilt: 1, differing: 1 });
  t.equal(found.examples.length, 4);
  const about = (event: string) => found.examples.find((one) => one.event === event)!;
  const changed = about(withdrawal.event);
  t.equal(changed.sequence, withdrawal.sequence);
  t.match(changed.live, { issue: 'tampered' });
  t.same(changed.rebuilt, { ...changed.live, issue: 'troop-withdrawal' }, 'and nothing else of it differs');
  t.match(about(stranger), { sequence: settlement.sequence, live: { issue: 'added' }, rebuilt: null });
  t.match(about(stored[2].event), { sequence: last, live: null, rebuilt: { issue: 'grain' } });
  t.ok(over.comparison!.tables.filter((one) => one !== found).every(({ equal }) => equal));

  const shown = async (query = '') => {
    const { status, body } = await get(`/v1/issues${query}`);
    t.equal(status, 200);
    return body.items.map((one: { issue: string }) => one.issue).toSorted();
  };
  t.same(await shown(), slugs.toSorted(), 'mended');

  const next = await demarche.record(issue('sanctions'));
  t.same(await shown(`?minSequence=${next}`), [...slugs, 'sanctions'].toSorted());
  const back = await post(`/v1/rebuilds/${over.id}/switch-back`, undefined);
  t.match(back, { status: 202, headers: { location: `/v1/rebuilds/${over.id}` } });
  t.match(await ended({ get }, over.id), { state: 'switched_back', comparison: { equal: false }, sequence: next });
  t.same(
    await shown(),
    ['added', 'another', 'sanctions', 'tampered', 'territorial-settlement'],
    'with what was recorded meanwhile',
  );
  const later = await demarche.record(issue('prisoners'));
  t.ok((await shown(`?minSequence=${later}`)).includes('prisoners'), 'and it goes on');

  const twice = await post(`/v1/rebuilds/${over.id}/switch-back`, undefined);
  t.match(twice, { status: 409, body: { code: 'rebuild_conflict', rebuild: over.id } });
  t.equal(twice.body.detail, `Rebuild ${over.id} cannot be switched back: it is switched back.`);
  t.equal((await remove(`/v1/rebuilds/${over.id}`)).body.state, 'switched_back');
  t.same(await schemasBecome(log, 'issues', 1), [schema], 'only what is live stays');
});

t.test('there is no way back to what is gone', async (t) => {
  const demarche = await startDemarche(t);
  const { log, get, post, delete: remove } = demarche;
  await demarche.record(...CAST);
  const first = await rebuildOf({ get, post }, 'issues');
  const kept = await liveSchema(log, 'issues');
  const dropped = await remove(`/v1/rebuilds/${first.id}`);
  t.match(dropped, { status: 200, body: { state: 'switched' } });
  t.same(await schemasBecome(log, 'issues', 1), [kept]);
  t.equal((await get('/v1/issues')).body.items.length, 2, 'what is live stays live');

  const second = await rebuildOf({ get, post }, 'issues');
  const third = await rebuildOf({ get, post }, 'issues');
  const whatIf = await rebuildOf({ get, post }, 'issues', { until: 9 });
  const dry = await rebuildOf({ get, post }, 'issues', { dryRun: true });
  for (const [{ id }, why] of [
    [first, 'what stood before is gone'],
    [second, 'what stood before is gone'],
    [whatIf, 'it is scratch'],
    [dry, 'it is compared'],
  ] as const) {
    const { status, body } = await post(`/v1/rebuilds/${id}/switch-back`, undefined);
    t.match([status, body.code, body.rebuild], [409, 'rebuild_conflict', id]);
    t.equal(body.detail, `Rebuild ${id} cannot be switched back: ${why}.`);
  }
  t.equal((await post('/v1/rebuilds/4711/switch-back', undefined)).status, 404);
  t.match(await remove('/v1/rebuilds/4711'), { status: 404, body: { detail: 'There is no rebuild 4711.' } });

  t.equal((await remove(`/v1/rebuilds/${whatIf.id}`)).body.state, 'dropped');
  t.equal((await remove(`/v1/rebuilds/${whatIf.id}`)).body.state, 'dropped', 'again is no error');
  t.match((await get(`/v1/issues?projectionRun=${whatIf.id}`)).body.detail, /it is dropped/);
  const back = await post(`/v1/rebuilds/${third.id}/switch-back`, undefined);
  t.equal(back.status, 202, 'of the last one there is');
  t.equal((await ended({ get }, third.id)).state, 'switched_back');
});
