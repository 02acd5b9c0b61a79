// Following the log: who is told what, where it begins, and what is said while there is nothing to tell.
import { request } from 'node:http';
import * as fc from 'fast-check';
import t from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import type { RecordedEvent } from '../src/domain/event.ts';
import { FAMILIES } from '../src/domain/event-type.ts';
import { modality } from '../src/domain/modality.ts';
import { appendGroup } from '../src/events/append-group.ts';
import { LogPage } from '../src/events/log-page.ts';
import { CAST, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { follow, reached, sequences, startListening, type Follower } from './support/follow.ts';
import { eventsOf, namesOf, steps } from './support/generate-log.ts';
import { range } from './support/log-submissions.ts';
import { idOf } from './support/oracle-log.ts';
import { DEADLINE, statement } from './support/replay-node.ts';

t.test('who follows is told each event as it is recorded', async (t) => {
  const { server, record, post } = await startListening(t);
  const before = await record(...CAST);
  const fromNow = await follow(t, server);
  t.equal(fromNow.status, 200);
  t.match(fromNow.headers, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  await fromNow.until(({ sent }) => sent.length === 1);
  t.match(fromNow.sent[0], { id: before, retry: Number, data: undefined }, 'cut off now, it would come back to this');

  const { body: first } = await post('/v1/events', statement('first\r\nand second\u2028line'));
  const { body: second } = await post('/v1/events', position('russia', 'troop-withdrawal', -2, '2024-11'));
  await fromNow.until(reached(before + 2));
  t.same(
    fromNow.sent.slice(1),
    [
      { id: before + 1, data: first },
      { id: before + 2, data: second },
    ],
    'as it was answered to who recorded it, and under no name',
  );
  const all = await follow(t, server, '?afterSequence=0');
  await all.until(reached(before + 2));
  t.same(sequences(all), range(1, before + 2));
  t.same(all.events().slice(-2), [first, second], 'who reads it from the log is told the same');
});

t.test('who comes back goes on after the last id', async (t) => {
  const { server, record } = await startListening(t);
  const last = await record(...CAST);
  for (const id of [0, 3, last]) {
    const follower = await follow(t, server, '?afterSequence=1', { 'Last-Event-ID': String(id) });
    const next = await record(statement(`after ${id}`));
    await follower.until(reached(next));
    t.same(sequences(follower), range(id + 1, next), `after ${id}, whatever the address says`);
  }
});

t.test('each filter lets through what the list of recorded events finds by it', async (t) => {
  const { server, get, record } = await startListening(t, { heartbeatMs: 20 });
  const seed = 20_241_115;
  const drafts = fc.sample(steps, { numRuns: 4, seed }).flatMap((drawn, n) => eventsOf(drawn, `w${n}`, 1_000 * n));
  const half = await record(...drafts.slice(0, drafts.length / 2));

  const { actors, issues } = namesOf('w0');
  const pairs = (all: string[]) => all.slice(1).map((one, n) => `${all[n]},${one}`);
  const types = [...new Set(drafts.map(({ type }) => type))];
  const [drawn] = drafts.filter(({ type }) => type === 'PositionStated');
  const stream = (await get(`/v1/events/${drawn!.id}`)).body.stream as string;
  const single = {
    type: types,
    family: [...FAMILIES],
    actor: [...actors, ...pairs(actors)],
    issue: [...issues, ...pairs(issues), issues.join(',')],
    modality: [...modality.options, 'asserted,planned'],
    stream: [stream, stream.slice(0, -1), `actor-${actors[0]}`, 'nowhere'],
  };
  const queries = Object.entries(single).flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
  const combined = [
    `type=PositionStated,EventCorrected&modality=asserted`,
    `family=utterance&type=PositionStated,CallHeld`,
    `family=encounter&type=PositionStated`,
    `actor=${actors[0]}&family=utterance,registry`,
    `actor=${actors[0]}&actor=${actors[1]}&modality=asserted,reported`,
    `actor=${actors[0]}&issue=${issues[0]}`,
    `issue=${issues[0]}&type=PositionStated,PositionWithdrawn&modality=asserted`,
    `stream=actor-${actors[0]}&type=ActorRenamed`,
  ];
  const live = new Map<string, Follower>();
  for (const query of [...queries, ...combined]) live.set(query, await follow(t, server, `?${query}`));
  const last = await record(...drafts.slice(drafts.length / 2));

  let found = 0;
  for (const [query, follower] of live) {
    const { body } = await get(`/v1/events?order=recorded&limit=1000&minSequence=${last}&${query}`);
    const expected: number[] = body.items.map(({ sequence }: RecordedEvent) => sequence);
    found += expected.length;
    const later = await follow(t, server, `?afterSequence=0&${query}`);
    // The heartbeats tell how far the filter has got.
    await later.until(reached(last));
    t.same(sequences(later), expected, `${query}: of what was recorded before`);
    await follower.until(reached(last));
    t.same(
      sequences(follower),
      expected.filter((sequence) => sequence > half),
      `${query}: as it is recorded`,
    );
    later.cut();
    follower.cut();
  }
  t.ok(found > 4 * drafts.length, 'there is something to find');

  const correlated = await record(
    ...CAST,
    statement('one'),
    statement('two', { correlationId: 'a b' }),
    statement('three'),
  );
  const follower = await follow(t, server, `?afterSequence=${last}&correlation=a%20b`);
  await follower.until(reached(correlated));
  t.same(sequences(follower), [last + CAST.length + 2]);
});

t.test('in silence there are heartbeats, which say how far a filter has got', async (t) => {
  const heartbeatMs = 200;
  const { server, record } = await startListening(t, { heartbeatMs });
  const start = await record(...CAST);
  const began = performance.now();
  const [all, filtered] = [await follow(t, server), await follow(t, server, '?type=CallHeld')];
  await all.until(({ sent }) => sent.length >= 4);
  const took = performance.now() - began;
  t.same(
    all.sent.slice(1, 4),
    Array.from({ length: 3 }, () => ({ comment: 'still here', id: start })),
  );
  t.ok(took >= 3 * heartbeatMs - 20 && took < 30 * heartbeatMs, `three of them within ${Math.round(took)} ms`);

  const last = await record(statement('one'), statement('two'));
  await filtered.until(reached(last));
  t.same(filtered.events(), []);
  t.match(filtered.sent.at(-1), { comment: 'still here' }, 'who comes back need not pass over them again');

  const heardBefore = all.sent.length;
  const speaking = performance.now();
  let spoken = last;
  while (performance.now() < speaking + 3 * heartbeatMs) {
    spoken = await record(statement('more'));
    await filtered.until(() => sequences(all).includes(spoken));
  }
  const beats = all.sent.slice(heardBefore).filter(({ comment }) => comment !== undefined);
  t.ok(beats.length <= 1, 'while there are events, none is needed');
  t.ok(
    filtered.sent.filter(({ id }) => id! > last).length >= 2,
    'who is sent none of them hears of it all the same, also while it never rests',
  );
});

t.test('an event that a newer version wrote ends the stream, after all that came before it', async (t) => {
  const demarche = await startListening(t);
  const last = await demarche.record(...CAST);
  const follower = await follow(t, demarche.server);
  const newer = {
    id: idOf(9),
    stream: 'call-9',
    type: 'CallHeld',
    typeVersion: 99,
    corrects: null,
    occurred: '2024-11-15',
    recordedBy: 'a newer version',
    content: JSON.stringify({ data: {} }),
    contentHash: '00'.repeat(32),
    expected: null,
    guards: [],
    needs: [],
  };
  const older = { ...newer, id: idOf(8), stream: 'statement-8', type: 'StatementMade', typeVersion: 1 };
  const content = JSON.stringify({ data: { speaker: 'kremlin', summary: 'before' } });
  await appendGroup(demarche.log, [{ ...older, content }, newer], last, false);
  demarche.feed.wake();
  t.equal(await follower.ended, undefined);
  t.same(sequences(follower), [last + 1]);
  const back = await demarche.get('/v1/events/feed', { 'Last-Event-ID': String(last + 1) });
  t.match(back, { status: 500, body: { code: 'newer_than_this_code' } });
  t.ok(await waitUntil(() => demarche.feed.followers === 0, DEADLINE));
});

t.test('HEAD is answered as GET is, without the stream', async (t) => {
  const { server, feed } = await startListening(t);
  const asked = request(`${server}/v1/events/feed`, { method: 'HEAD', agent: false });
  const response = await new Promise<any>((resolve) => asked.on('response', resolve).end());
  t.match([response.statusCode, response.headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
  t.same(await response.toArray(), []);
  t.ok(await waitUntil(() => feed.followers === 0, DEADLINE));
});

t.test('where there is nothing to follow from, it is said which header or parameter is wrong', async (t) => {
  const { get, record, feed } = await startDemarche(t);
  const last = await record(...CAST);
  const nonsense = [
    '-1',
    '1.5',
    '1e3',
    '0x1F',
    'last',
    '',
    ' ',
    '3, 4',
    '99999999999999999999',
    '9007199254740993',
    'é',
  ];
  for (const id of nonsense) {
    const found = await get('/v1/events/feed?afterSequence=0', { 'Last-Event-ID': id });
    t.match(found, { status: 400, body: { code: 'invalid_request', errors: [{ header: 'Last-Event-ID' }] } }, id);
    t.match(found.body.detail, /^The header Last-Event-ID: found .+, expected the sequence of an event, such as 42\.$/);
  }
  for (const value of nonsense) {
    const found = await get(`/v1/events/feed?afterSequence=${encodeURIComponent(value)}`);
    t.match(found, { status: 400, body: { errors: [{ parameter: 'afterSequence' }] } }, value);
  }
  const expected = `a sequence up to ${last}, where the log ends`;
  for (const beyond of [last + 1, Number.MAX_SAFE_INTEGER]) {
    t.match(await get('/v1/events/feed', { 'Last-Event-ID': String(beyond) }), {
      status: 400,
      body: { code: 'invalid_request', errors: [{ header: 'Last-Event-ID', found: String(beyond), expected }] },
    });
    t.match(await get(`/v1/events/feed?afterSequence=${beyond}`), {
      status: 400,
      body: { errors: [{ parameter: 'afterSequence', found: String(beyond), expected }] },
    });
  }
  for (const [query, parameter] of [
    ['type=CallHelt', 'type'],
    ['actor=Olaf%20Scholz', 'actor'],
    ['modality=maybe', 'modality'],
    ['family=all', 'family'],
    ['text=grain', 'text'],
    ['from=2024-01-01', 'from'],
    ['aftersequence=3', 'aftersequence'],
    ['stream=%00', 'stream'],
  ] as [string, string][])
    t.match(await get(`/v1/events/feed?${query}`), { status: 400, body: { errors: [{ parameter }] } }, query);
  t.equal(feed.followers, 0);
});

t.test('what no filter can mean is followed, and finds nothing', async (t) => {
  const { server, record } = await startListening(t, { heartbeatMs: 20 });
  const last = await record(...CAST);
  for (const attack of ["' or '1'='1", 'x\r\nid: 99\r\ndata: {}\r\n\r\n', '\u202e', '%25', '__proto__'])
    for (const name of ['stream', 'correlation']) {
      const query = new URLSearchParams({ afterSequence: '0', [name]: attack }).toString();
      const follower = await follow(t, server, `?${query}`);
      await follower.until(reached(last));
      t.same(follower.events(), [], `${name}=${attack}`);
      t.notOk(follower.sent.some(({ id }) => id === 99));
      follower.cut();
    }
});

t.test('the same events for the same filter are the same bytes, put together once', async (t) => {
  const events = range(1, 4).map((sequence) => ({ sequence, type: sequence % 2 ? 'odd' : 'even' }) as RecordedEvent);
  let written = 0;
  const page = new LogPage(events, ({ sequence }) => `${++written && sequence};`);
  const odd = () => ({ key: 'odd', matches: ({ type }: RecordedEvent) => type === 'odd' });
  const all = () => ({ key: 'all', matches: () => true });
  t.same([page.after, page.last, page.size], [0, 4, { events: 4, bytes: 8 }]);
  t.equal(page.part(0, odd()), page.part(0, odd()));
  t.equal(page.part(0, all()), page.part(0, all()));
  t.same([page.part(0, odd()), page.part(0, all())].map(String), ['1;3;', '1;2;3;4;']);
  t.same([page.part(1, odd()), page.part(2, all()), page.part(3, odd())].map(String), ['3;', '3;4;', '']);
  t.equal(written, 4);
});
