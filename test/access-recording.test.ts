// What is recorded by a key: who it was is in the event, a key for certain issues stays with them, and one that is revoked is
// heard no longer, whatever it had begun.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { revokeKey } from '../src/access/access-keys.ts';
import { actor, CAST, issue, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { follow, reached, startListening } from './support/follow.ts';
import { makeKey } from './support/make-key.ts';

const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;
const call = { type: 'CallHeld', occurred: '2024-11-15', data: { participants: ['olaf-scholz', 'vladimir-putin'] } };

t.test('an event names the key that recorded it, and posted again by another it is still the first one', async (t) => {
  const demarche = await startDemarche(t);
  const one = await makeKey(demarche, { role: 'recorder' });
  const other = await makeKey(demarche, { role: 'recorder' });
  const france = { id: uuid(1), ...actor('france', 'state') };
  const first = await demarche.post('/v1/events', france, one.headers);
  t.match(first, { status: 201, body: { recordedBy: `key:${one.id}` } });
  const again = await demarche.post('/v1/events', france, other.headers);
  t.match(again, { status: 200, headers: { 'idempotent-replayed': 'true' } });
  t.same(again.body, first.body);
  const batch = await demarche.post('/v1/events/batch', [france, actor('spain', 'state')], other.headers);
  t.match(batch.body.results, [
    { status: 'duplicate', sequence: 1 },
    { status: 'recorded', sequence: 2 },
  ]);
  const { body } = await demarche.get('/v1/events?order=recorded&minSequence=2', one.headers);
  t.same(
    body.items.map(({ recordedBy }: { recordedBy: string }) => recordedBy),
    [`key:${one.id}`, `key:${other.id}`],
  );
});

t.test('a key for certain issues records what names one of them and no other, and reads everything', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const about = position('russia', 'territorial-settlement', 2, '2024-11-15');
  const elsewhere = position('russia', 'troop-withdrawal', -1, '2024-11-15');
  await demarche.record({ id: uuid(1), ...about }, { id: uuid(2), ...elsewhere }, { id: uuid(3), ...call });
  const admin = await makeKey(demarche);
  const limited = await makeKey(demarche, { role: 'recorder', issues: ['territorial-settlement'] });

  const retraction = (event: string) => ({
    type: 'EventRetracted',
    occurred: '2024-11-16',
    data: { event, reason: 'wrong' },
  });
  const correction = (event: string, stance: object) => ({
    type: 'EventCorrected',
    occurred: '2024-11-16',
    data: { event, reason: 'misread', replacement: { stance } },
  });
  const refused: [what: string, event: object, pointer: string, found: RegExp][] = [
    ['another issue', elsewhere, '/stance/issue', /the issue "troop-withdrawal"/],
    ['no issue', call, '', /names no issue/],
    ['an actor', actor('spain', 'state'), '', /names no issue/],
    ['a new issue', issue('ceasefire'), '/data/issue', /"ceasefire"/],
    ['taking back what it could not record', retraction(uuid(2)), '/data/event', /"troop-withdrawal"/],
    ['taking back what names no issue', retraction(uuid(3)), '', /names no issue/],
    [
      'moving a fact to another issue',
      correction(uuid(1), { issue: 'troop-withdrawal', position: 1 }),
      '/data/replacement/stance/issue',
      /"troop-withdrawal"/,
    ],
    [
      'moving a fact here from another issue',
      correction(uuid(2), { issue: 'territorial-settlement', position: 1 }),
      '/data/event',
      /"troop-withdrawal"/,
    ],
  ];
  for (const [what, event, pointer, found] of refused) {
    const answer = await demarche.post('/v1/events', event, limited.headers);
    t.match(
      answer,
      {
        status: 403,
        body: { code: 'forbidden', errors: [{ pointer, found, expected: /territorial-settlement alone/ }] },
      },
      what,
    );
    t.equal(answer.body.errors.length, 1, what);
  }
  const item = await demarche.post('/v1/events/batch', [elsewhere, about], limited.headers);
  t.match(item.body.results, [
    { status: 'refused', problem: { status: 403, code: 'forbidden' } },
    { status: 'recorded' },
  ]);
  const atomic = await demarche.post('/v1/events/batch?atomic=true', [about, elsewhere], limited.headers);
  t.match(atomic, { status: 422, body: { code: 'batch_refused', results: [{}, { problem: { code: 'forbidden' } }] } });

  const accepted = [
    about,
    correction(uuid(1), { issue: 'territorial-settlement', position: 1 }),
    { type: 'EventCorroborated', occurred: '2024-11-16', data: { event: uuid(1) }, source: { title: 'Another paper' } },
    retraction(uuid(1)),
  ];
  for (const event of accepted)
    t.match(await demarche.post('/v1/events', event, limited.headers), {
      status: 201,
      body: { recordedBy: `key:${limited.id}` },
    });
  const duplicate = await demarche.post('/v1/events', { id: uuid(2), ...elsewhere }, limited.headers);
  t.match(duplicate, { status: 200, body: { recordedBy: 'local' } }, 'what is recorded already is answered as that');
  t.equal((await demarche.get(`/v1/events/${uuid(2)}`, limited.headers)).status, 200, 'it reads of other issues too');
  t.equal((await demarche.post('/v1/events', elsewhere, admin.headers)).status, 201);
});

t.test('a key for certain issues moves nothing that stands under another', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const demand = {
    id: uuid(1),
    type: 'DemandStated',
    occurred: '2024-11-15',
    data: { speaker: 'germany', addressees: ['russia'], summary: 'Withdraw.', force: 'demand' },
    stance: { issue: 'troop-withdrawal', position: 2, firmness: 'firm' },
  };
  await demarche.record(demand);
  const limited = await makeKey(demarche, { role: 'recorder', issues: ['territorial-settlement'] });
  const withdrawal = {
    type: 'DemandWithdrawn',
    occurred: '2024-11-16',
    data: { speaker: 'germany', demand: uuid(1), summary: 'Never mind.', issues: ['territorial-settlement'] },
  };
  t.match(await demarche.post('/v1/events', withdrawal, limited.headers), {
    status: 403,
    body: { errors: [{ pointer: '/data/demand', found: 'the issue "troop-withdrawal"' }] },
  });
});

t.test('what the law wants removed is removed by an admin alone', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  await demarche.record({ id: uuid(1), ...call });
  const recorder = await makeKey(demarche, { role: 'recorder' });
  const admin = await makeKey(demarche);
  const redaction = {
    type: 'EventRedacted',
    occurred: '2024-11-18',
    data: { event: uuid(1), reason: 'It names a witness', legalBasis: 'GDPR, Article 17(1)(d)' },
  };
  const refused = await demarche.post('/v1/events', redaction, recorder.headers);
  t.match(refused, {
    status: 403,
    body: { code: 'forbidden', errors: [{ pointer: '/type', found: '"EventRedacted"' }] },
  });
  const batch = await demarche.post('/v1/events/batch', [redaction], recorder.headers);
  t.match(batch.body.results, [{ status: 'refused', problem: { code: 'forbidden' } }]);
  t.match(await demarche.post('/v1/events', redaction, admin.headers), { status: 201 });
});

t.test('lines that wait for others are not recorded once their key is revoked', async (t) => {
  const demarche = await startListening(t);
  await demarche.record(...CAST);
  const { port } = new URL(demarche.server);
  for (const path of ['/v1/events/batch', '/v1/events/batch?atomic=true']) {
    const key = await makeKey(demarche, { role: 'recorder' });
    const sending = request({
      port,
      method: 'POST',
      path,
      headers: { ...key.headers, 'content-type': 'application/x-ndjson' },
    });
    const answered = once(sending, 'response');
    sending.write(`${JSON.stringify(actor(`spain-${key.id}`, 'state'))}\n`);
    await pause(200);
    await revokeKey(demarche.log, key.id, 'the tests');
    await demarche.access.look();
    sending.end();
    const [response] = (await answered) as [IncomingMessage];
    t.match(
      JSON.parse(await text(response)),
      path.includes('atomic')
        ? { code: 'unauthenticated' }
        : { results: [{ status: 'refused', problem: { code: 'unauthenticated' } }] },
    );
  }
});

t.test('a body that comes after its key was revoked does nothing', async (t) => {
  const demarche = await startListening(t);
  const admin = await makeKey(demarche);
  const { port } = new URL(demarche.server);
  const body = JSON.stringify({ name: 'Another', role: 'admin' });
  const sending = request({
    port,
    method: 'POST',
    path: '/v1/keys',
    headers: { ...admin.headers, 'content-type': 'application/json', 'content-length': body.length },
  });
  const answered = once(sending, 'response');
  sending.write(body.slice(0, 10));
  await pause(200);
  await revokeKey(demarche.log, admin.id, 'the tests');
  await demarche.access.look();
  sending.end(body.slice(10));
  const [response] = (await answered) as [IncomingMessage];
  t.equal(response.statusCode, 401);
  response.resume();
});

t.test('a batch whose key is revoked while it is sent is recorded no further', async (t) => {
  const { server, ...demarche } = await startListening(t);
  await demarche.record(...CAST);
  const recorder = await makeKey(demarche, { role: 'recorder' });
  const line = `${JSON.stringify(position('ukraine', 'troop-withdrawal', 2, '2024-11-15'))}\n`;
  const batch = request(`${server}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...recorder.headers },
  });
  batch.write(line.repeat(500));
  const [response] = (await once(batch, 'response')) as [IncomingMessage];
  const answer = text(response);
  await revokeKey(demarche.log, recorder.id, 'the tests');
  await demarche.access.look();
  batch.end(line.repeat(600));
  const { results } = JSON.parse(await answer);
  t.equal(results.length, 1_100);
  const recorded = results.filter(({ status }: { status: string }) => status === 'recorded').length;
  t.equal(recorded, 500);
  t.match(results.at(-1), { status: 'refused', problem: { status: 401, code: 'unauthenticated' } });
});

t.test('a follower is cut off when its key is revoked or expires, and others are not', async (t) => {
  const { server, ...demarche } = await startListening(t);
  const last = await demarche.record(...CAST);
  const stays = await makeKey(demarche, { role: 'reader' });
  const revoked = await makeKey(demarche, { role: 'reader' });
  const expires = await makeKey(demarche, { role: 'reader', expires: new Date(Date.now() + 2_000).toISOString() });
  const followers = [];
  for (const { headers } of [stays, revoked, expires])
    followers.push(await follow(t, server, '?afterSequence=0', headers));
  const [one, other, third] = followers as [(typeof followers)[0], (typeof followers)[0], (typeof followers)[0]];
  for (const follower of followers) {
    t.equal(follower.status, 200);
    t.equal(follower.headers['x-content-type-options'], 'nosniff', 'a stream has the headers of every answer');
    await follower.until(reached(last));
  }
  await revokeKey(demarche.log, revoked.id, 'the tests');
  await demarche.access.look();
  t.equal(await other.ended, undefined, 'it ends in good order');
  t.equal(await third.ended, undefined);
  const france = await demarche.post('/v1/events', actor('france', 'state'), (await makeKey(demarche)).headers);
  await one.until(reached(france.body.sequence));
  t.equal((await follow(t, server, '', revoked.headers)).status, 401, 'and nobody comes back with it');
});
