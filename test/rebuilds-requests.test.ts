// What is asked of rebuilds over the wire: progress as server-sent events, and bodies and paths that are not what they should be.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import { issues } from '../src/projections/issues.ts';
import { CAST } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { messagesIn, type Sent } from './support/server-sent-events.ts';
import {
  DEADLINE,
  ended,
  freshLog,
  Gate,
  heldBy,
  rebuildOf,
  startNode,
  statement,
  tally,
  words,
} from './support/replay-node.ts';

/** A node that listens on a port of its own, with a rebuild of `words` under way that waits at the gate. */
async function startWatched(t: Test) {
  const place = await freshLog(t);
  const gate = new Gate();
  const node = await startNode(t, place, [heldBy(gate, words()), tally], [gate]);
  await node.record(...CAST, statement('first'));
  const address = await node.app.listen({ port: 0, host: '127.0.0.1' });
  const { body } = await node.post('/v1/projections/words/rebuilds', {});
  await gate.reached;
  return { node, gate, id: body.id as number, url: `${address}/v1/rebuilds/${body.id}/progress` };
}

/** What is said of a rebuild, without the heartbeats. */
async function* eventsIn(response: Response): AsyncGenerator<Sent> {
  for await (const sent of messagesIn(response.body!.pipeThrough(new TextDecoderStream()))) {
    if (sent.comment !== undefined) continue;
    if (sent.event === undefined || sent.data === undefined) throw new Error(JSON.stringify(sent));
    yield sent;
  }
}

t.test('who watches a rebuild is told of its progress and of its end', async (t) => {
  const { node, gate, id, url } = await startWatched(t);
  const response = await fetch(url);
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.equal(response.headers.get('cache-control'), 'no-store');
  const sent: Sent[] = [];
  for await (const one of eventsIn(response)) {
    sent.push(one);
    gate.open();
  }
  t.match(sent[0], { event: 'progress', data: { id, state: 'running', projections: ['words'] } });
  const last = sent.at(-1)!;
  t.match(last, { event: 'finished', data: { id, state: 'switched', share: 1, comparison: { equal: true } } });
  t.ok(sent.slice(0, -1).every(({ event, data }) => event === 'progress' && data.state === 'running'));
  const shares = sent.map(({ data }) => data.share);
  t.same(
    shares,
    shares.toSorted((a, b) => a - b),
    'it never goes back',
  );
  t.same(last.data, (await node.get(`/v1/rebuilds/${id}`)).body);

  const over: Sent[] = [];
  for await (const one of eventsIn(await fetch(url))) over.push(one);
  t.same(over, [last], 'of one that is over, the end is all there is to tell');
});

t.test('who stops watching stops nothing', async (t) => {
  const { node, gate, id, url } = await startWatched(t);
  const staying = eventsIn(await fetch(url));
  t.equal((await staying.next()).value!.event, 'progress');
  const leaving = get(url, { agent: false }).on('error', () => {});
  const [response] = (await once(leaving, 'response')) as [IncomingMessage];
  t.match(String((await once(response, 'data'))[0]), /^event: progress\n/);
  leaving.destroy();
  gate.open();
  let last: Sent | undefined;
  for await (const one of staying) last = one;
  t.match(last, { event: 'finished', data: { id, state: 'switched' } });
  const connections = () => new Promise<number>((resolve) => node.app.server.getConnections((_, n) => resolve(n)));
  const isQuiet = await waitUntil(async () => {
    node.app.server.closeIdleConnections();
    return (await connections()) === 0;
  }, DEADLINE);
  t.ok(isQuiet, 'nobody is answered any more');
  t.same(node.errors, []);
});

t.test('a server that is stopped does not wait for who watches', async (t) => {
  const { node, url } = await startWatched(t);
  const watched = eventsIn(await fetch(url));
  t.equal((await watched.next()).value!.event, 'progress');
  const closing = node.app.close().then(() => 'closed');
  for await (const { event } of watched) t.equal(event, 'progress');
  t.equal(await closing, 'closed');
});

t.test('a cancelled rebuild ends for who watches', async (t) => {
  const { node, id, url } = await startWatched(t);
  const watched = eventsIn(await fetch(url));
  await watched.next();
  await node.delete(`/v1/rebuilds/${id}`);
  let last: Sent | undefined;
  for await (const one of watched) last = one;
  t.match(last, { event: 'finished', data: { id, state: 'cancelled' } });
});

t.test('what is not a rebuild to ask for is refused, field by field', async (t) => {
  const { post, get } = await startDemarche(t);
  const nul = String.fromCharCode(0);
  const bodies: [body: unknown, pointer: string, detail?: RegExp][] = [
    [[], ''],
    ['"all"', ''],
    ['17', ''],
    ['null', ''],
    [{ dryRun: 'yes' }, '/dryRun', /true|boolean/],
    [{ dryRun: 1 }, '/dryRun'],
    [{ dryRun: null }, '/dryRun'],
    [{ dryrun: true }, '/dryrun', /dryRun/],
    [{ untill: 3 }, '/untill', /until/],
    [{ leaveout: {} }, '/leaveout', /leaveOut/],
    [{ leaveOut: { source: ['x'] } }, '/leaveOut/source', /sources/],
    [{ leaveOut: { event: [] } }, '/leaveOut/event', /events/],
    [{ leaveOut: 'The Kremlin' }, '/leaveOut'],
    [{ leaveOut: { sources: 'The Kremlin' } }, '/leaveOut/sources'],
    [{ leaveOut: { sources: [''] } }, '/leaveOut/sources/0'],
    [{ leaveOut: { sources: [17] } }, '/leaveOut/sources/0'],
    [{ leaveOut: { sources: ['x'.repeat(2001)] } }, '/leaveOut/sources/0'],
    [{ leaveOut: { sources: Array.from({ length: 101 }, (_, n) => `${n}`) } }, '/leaveOut/sources'],
    [{ leaveOut: { sources: [`a${nul}b`] } }, '/leaveOut/sources/0'],
    [{ leaveOut: { sources: ['\ud800'] } }, '/leaveOut/sources/0'],
    [{ leaveOut: { events: ['not an id'] } }, '/leaveOut/events/0'],
    [{ leaveOut: { events: [17] } }, '/leaveOut/events/0'],
    [{ [nul]: 1 }, ''],
    [{ until: 1 }, '/until', /up to 0/],
    [{ until: -1 }, '/until'],
    [{ until: 1.5 }, '/until'],
    [{ until: 1e300 }, '/until'],
    [{ until: Number.MAX_SAFE_INTEGER }, '/until'],
    ['{"until":99999999999999999999}', '/until'],
    [{ until: '99999999999999999999' }, '/until'],
    [{ until: 'yesterday' }, '/until', /a sequence, a day or/],
    [{ until: '2024-02-30' }, '/until'],
    [{ until: '2024-11-15T12:00' }, '/until'],
    [{ until: [3] }, '/until'],
    [{ until: null }, '/until'],
    [{ until: '' }, '/until'],
    [{ until: nul }, '/until'],
    ['{"__proto__":{"dryRun":true}}', ''],
  ];
  for (const [body, pointer, detail] of bodies) {
    const shown = typeof body === 'string' ? body : JSON.stringify(body).slice(0, 60);
    const found = await post('/v1/projections/issues/rebuilds', body);
    t.match([found.status, found.body.code], [400, 'invalid_request'], shown);
    t.match(found.headers['content-type'], /^application\/problem\+json/);
    t.ok(
      found.body.errors?.some((one: any) => one.pointer.startsWith(pointer)),
      `${shown}: ${JSON.stringify(found.body.errors)}`,
    );
    if (detail) t.match(found.body.detail, detail, shown);
  }
  const skips: [body: unknown, pointer: string][] = [
    [{}, '/sequence'],
    [{ sequence: 1 }, '/reason'],
    [{ sequence: 1, reason: '' }, '/reason'],
    [{ sequence: 1, reason: 'x'.repeat(1001) }, '/reason'],
    [{ sequence: 1, reason: nul }, '/reason'],
    [{ sequence: 1, reason: 17 }, '/reason'],
    [{ sequence: 0, reason: 'Because' }, '/sequence'],
    [{ sequence: '1', reason: 'Because' }, '/sequence'],
    [{ sequence: 1e300, reason: 'Because' }, '/sequence'],
    [{ sequence: Number.MAX_SAFE_INTEGER, reason: 'Because' }, '/sequence'],
    [{ sequence: 1, reason: 'Because', because: 1 }, '/because'],
    [{ sequence: 1, reason: 'Because' }, '/sequence'],
    ['null', ''],
    [[], ''],
  ];
  for (const [body, pointer] of skips) {
    const found = await post('/v1/projections/issues/skips', body);
    t.match([found.status, found.body.code], [400, 'invalid_request'], JSON.stringify(body).slice(0, 60));
    t.ok(
      found.body.errors?.some((one: any) => one.pointer.startsWith(pointer)),
      JSON.stringify(found.body.errors),
    );
  }
  t.same((await get('/v1/rebuilds')).body.items, [], 'none of them has begun anything');
});

t.test('what is no JSON, or not there at all, is told apart', async (t) => {
  const { app, get } = await startDemarche(t);
  const send = async (path: string, payload: string | undefined, type: string | undefined) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: path,
      headers,
      ...(payload !== undefined && { payload }),
    });
    return { status: statusCode, body: JSON.parse(body) };
  };
  const json = 'application/json';
  for (const path of ['/v1/projections/issues/rebuilds', '/v1/projections/issues/skips']) {
    for (const payload of ['', '{', '{"until":1,}', '\u0000', '{"a":1}{"b":2}'])
      t.match(await send(path, payload, json), { status: 400, body: { code: 'invalid_json' } }, `${path} ${payload}`);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/x-ndjson', 'x'])
      t.match(await send(path, '{}', type), { status: 415, body: { code: 'unsupported_media_type' } }, type);
    const large = await send(path, JSON.stringify({ reason: 'x'.repeat(2_000_000) }), json);
    t.match(large, { status: 413, body: { code: 'payload_too_large' } });
  }
  const nothing = await send('/v1/projections/issues/skips', undefined, undefined);
  t.match([nothing.status, nothing.body.code], [400, 'invalid_request']);
  t.same((await get('/v1/rebuilds')).body.items, []);
  const begun = await send('/v1/projections/issues/rebuilds', undefined, undefined);
  t.equal(begun.status, 202, 'a rebuild without any wishes needs no body');
  t.equal((await ended({ get }, begun.body.id)).state, 'switched');
});

t.test('a path or a parameter that leads nowhere is answered by its name', async (t) => {
  const demarche = await startDemarche(t);
  const { get, post, delete: remove } = demarche;
  await demarche.record(...CAST);
  const whatIf = await rebuildOf({ get, post }, 'issues', { until: 9 });
  const ids = ['0', '-1', '1e3', '99999999999999999999', 'x', '1.5', '%00', '', '1%20', '0x1F', '9007199254740993'];
  for (const id of ids.filter((one) => one !== '')) {
    for (const ask of [
      () => get(`/v1/rebuilds/${id}`),
      () => get(`/v1/rebuilds/${id}/progress`),
      () => remove(`/v1/rebuilds/${id}`),
      () => post(`/v1/rebuilds/${id}/switch-back`, undefined),
    ]) {
      const { status, body } = await ask();
      t.match([status, body.code, body.errors?.[0].parameter], [400, 'invalid_request', 'id'], `id ${id}`);
    }
  }
  for (const id of ids) {
    const { status, body } = await get(`/v1/issues?projectionRun=${id}`);
    t.match([status, body.errors?.[0].parameter], [400, 'projectionRun'], `projectionRun ${id}`);
  }
  for (const ask of [
    () => get('/v1/rebuilds/9007199254740991'),
    () => get('/v1/rebuilds/4711/progress'),
    () => remove('/v1/rebuilds/4711'),
    () => post('/v1/rebuilds/4711/switch-back', undefined),
  ]) {
    const { status, body } = await ask();
    t.match([status, body.code], [404, 'not_found']);
    t.match(body.detail, /^There is no rebuild \d+\.$/);
  }
  const misspelt = await post('/v1/projections/isues/rebuilds', {});
  t.match([misspelt.status, misspelt.body.code], [404, 'not_found']);
  t.match(misspelt.body.detail, /^There is no projection "isues"; the nearest is "issues"\. There are: actors, /);
  t.match((await post('/v1/projections/isues/skips', { sequence: 1, reason: 'x' })).body.detail, /nearest is "issues"/);
  for (const name of ['%00', "'", 'x'.repeat(3_000), '..%2F..', '__proto__'])
    t.ok([400, 404].includes((await post(`/v1/projections/${name}/rebuilds`, {})).status), name.slice(0, 20));
  for (const query of ['limit=0', 'limit=1e3', 'limit=-1', 'cursor=x', 'cursor=%00', 'before=3', 'cursor=bnVsbA']) {
    const { status, body } = await get(`/v1/rebuilds?${query}`);
    t.match([status, body.errors?.[0].parameter], [400, query.split('=')[0]], query);
  }

  const refused = async (path: string) => {
    const { status, body } = await get(path);
    t.match([status, body.code, body.errors?.[0].parameter], [400, 'invalid_request', 'projectionRun'], path);
    return body.detail;
  };
  t.match(await refused('/v1/issues?projectionRun=4711'), /There is no rebuild 4711\.$/);
  t.match(
    await refused(`/v1/actors?projectionRun=${whatIf.id}`),
    /Rebuild 1 is of issues, and this question is answered from actors\.$/,
  );
  const switched = await rebuildOf({ get, post }, 'issues');
  t.match(
    await refused(`/v1/issues?projectionRun=${switched.id}`),
    /it is switched\. A what-if is what keeps its tables\.$/,
  );
  await remove(`/v1/rebuilds/${whatIf.id}`);
  t.match(await refused(`/v1/issues?projectionRun=${whatIf.id}`), /it is dropped/);
});

t.test('a what-if that is not built yet says so', async (t) => {
  const place = await freshLog(t);
  const gate = new Gate();
  const node = await startNode(t, place, [heldBy(gate, issues)], [gate]);
  await node.record(...CAST);
  const { body } = await node.post('/v1/projections/issues/rebuilds', { until: 9 });
  await gate.reached;
  const { status, body: problem } = await node.get(`/v1/issues?projectionRun=${body.id}`);
  t.match([status, problem.code], [503, 'not_built_yet']);
  t.equal(problem.detail, `Rebuild ${body.id} is still being built, see /v1/rebuilds/${body.id}.`);
  gate.open();
  await ended(node, body.id);
  t.equal((await node.get(`/v1/issues?projectionRun=${body.id}`)).body.items.length, 1);
});
