// Who is let in: nobody without a key once there is one, on no route of the document, and nobody with a key that is good no more.
import fastify from 'fastify';
import t from 'tap';
import { Access } from '../src/access/access.ts';
import { revokeKey } from '../src/access/access-keys.ts';
import type { Role } from '../src/access/role.ts';
import { connect } from '../src/database/connect.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { controlAccess } from '../src/http/access-control.ts';
import { sql } from 'kysely';
import { actor, CAST, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { makeKey } from './support/make-key.ts';

const DEADLINE_MS = 20_000;
const PAST = '2024-01-01T00:00:00Z';
const BELOW: Record<Role, Role | undefined> = { reader: undefined, recorder: 'reader', admin: 'recorder' };

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

t.test('while there has never been a key everybody is an admin; the first one closes the door for good', async (t) => {
  const demarche = await startDemarche(t);
  t.match(await demarche.post('/v1/events', actor('france', 'state')), { status: 201, body: { recordedBy: 'local' } });
  const made = await demarche.post('/v1/keys', { name: 'the first', role: 'admin' });
  t.match(made, {
    status: 201,
    headers: { location: '/v1/keys/1', 'cache-control': 'no-store' },
    body: { id: 1, name: 'the first', role: 'admin', createdBy: 'local', key: /^demarche_1_[\w-]{43}$/ },
  });
  const headers = bearer(made.body.key);
  t.equal((await demarche.get('/v1/log')).status, 401);
  t.equal((await demarche.get('/v1/log', headers)).status, 200);
  const listed = await demarche.get('/v1/keys', headers);
  t.notMatch(JSON.stringify(listed.body), made.body.key.slice(12), 'the key is shown once');
  t.match(listed.body.items, [{ id: 1, revoked: null }]);
  const { rows } = await sql<{ row: string }>`select to_jsonb(k)::text as row from log.access_key k`.execute(
    demarche.log.db,
  );
  t.notMatch(rows[0]!.row, made.body.key.slice(12), 'nor is it stored');

  const revoked = await demarche.delete('/v1/keys/1', headers);
  t.match(revoked, { status: 200, body: { id: 1, revoked: /Z$/, revokedBy: 'key:1' } });
  t.equal((await demarche.get('/v1/log', headers)).status, 401);
  t.equal((await demarche.get('/v1/log')).status, 401, 'revoking the last key opens nothing');
  await sql`delete from log.access_key`.execute(demarche.log.db);
  await demarche.access.look();
  t.equal(
    (await demarche.get('/v1/log')).status,
    401,
    'nor does emptying the table under a process that has seen keys',
  );
});

t.test(
  'every operation refuses whoever brings no key, a wrong, revoked or expired one, or one of a lesser role',
  async (t) => {
    const demarche = await startDemarche(t);
    const { body: document } = await demarche.get('/openapi.json');
    const keys = {
      reader: await makeKey(demarche, { role: 'reader' }),
      recorder: await makeKey(demarche, { role: 'recorder' }),
      admin: await makeKey(demarche, { role: 'admin' }),
    };
    const revoked = await makeKey(demarche);
    await revokeKey(demarche.log, revoked.id, 'the tests');
    const expired = await makeKey(demarche, { expires: PAST });
    const { text } = keys.admin;
    const wrong: [what: string, headers: Record<string, string>, detail: RegExp][] = [
      ['no key', {}, /Send a key/],
      ['another secret', bearer(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`), /not known here/],
      ['an unknown number', bearer(text.replace(/_\d+_/, '_999_')), /not known here/],
      ['the secret of another', bearer(text.replace(/_\d+_/, `_${keys.reader.id}_`)), /not known here/],
      ['no key at all', bearer('letmein'), /no key or token/],
      ['a token where there is no issuer', bearer('e30.e30.e30'), /no key or token/],
      ['another scheme', { authorization: `Basic ${text}` }, /another form/],
      ['the scheme alone', { authorization: 'Bearer' }, /another form/],
      ['nothing', { authorization: '' }, /another form/],
      ['a revoked key', revoked.headers, /revoked/],
      ['an expired key', expired.headers, /expired at 2024-01-01/],
    ];
    const operations = Object.entries<Record<string, any>>(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
    t.ok(operations.length >= 38);
    const roles = new Set<string>();
    for (const { path, method, operation } of operations) {
      const name = `${method} ${path}`;
      const role: Role | undefined = operation.security[0]?.key[0];
      roles.add(role ?? 'public');
      const url = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
        const described = operation.parameters.find((one: { name: string }) => one.name === parameter);
        return String(described.schema.examples?.[0] ?? described.example ?? 'none');
      });
      const ask = (headers: Record<string, string>) =>
        demarche.app.inject({ method: method as 'GET', url, headers, ...(method === 'POST' && { payload: [] }) });
      if (!role) {
        t.same(operation.security, [], name);
        t.ok((await ask({})).statusCode < 300, `${name} is public`);
        continue;
      }
      t.match(operation, {
        security: [{ key: [role] }, { token: [role] }],
        description: new RegExp(`Needs the role \`${role}\`\\.$`),
        responses: { 401: { headers: { 'WWW-Authenticate': {} } }, 403: {} },
      });
      for (const [what, headers, detail] of wrong) {
        const refused = await ask(headers);
        t.match(refused.json(), { status: 401, code: 'unauthenticated', detail }, `${name}: ${what}`);
        t.equal(
          refused.headers['www-authenticate'],
          `Bearer realm="Demarche"${what === 'no key' ? '' : ', error="invalid_token"'}`,
        );
      }
      const below = BELOW[role];
      if (below)
        t.match((await ask(keys[below].headers)).json(), { status: 403, code: 'forbidden' }, `${name}: ${below}`);
      // A stream of events has no end.
      if (operation.operationId === 'followEvents') continue;
      const { statusCode } = await ask(keys[role].headers);
      t.notOk([401, 403, 500].includes(statusCode), `${name}: ${role} is let in (${statusCode})`);
    }
    t.same(roles, new Set(['public', 'reader', 'recorder', 'admin']));
    t.match(Object.keys(document.components.securitySchemes), ['key', 'token']);
    t.equal((await demarche.app.inject({ method: 'HEAD', url: '/v1/log' })).statusCode, 401, 'HEAD is kept as GET is');
    t.equal((await demarche.get('/v1/nowhere')).status, 404, 'what is not there is no secret');
  },
);

t.test('a route that does not say which role it needs is refused', async (t) => {
  const { access } = await startDemarche(t);
  const app = fastify();
  t.teardown(() => app.close());
  controlAccess(app, access, async () => {});
  t.throws(() => app.get('/forgotten', async () => 'open'), /GET \/forgotten does not say which role it needs/);
});

t.test('an answer from memory, and word that it has not changed, are for those who may ask', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST, position('russia', 'troop-withdrawal', 1, '2024-11-15'));
  const question = `/v1/positions/russia/troop-withdrawal?minSequence=${CAST.length + 1}`;
  const reader = await makeKey(demarche, { role: 'reader' });
  const first = await demarche.app.inject({ url: question, headers: reader.headers });
  t.equal(first.statusCode, 200);
  const etag = first.headers['etag'] as string;
  const again = (headers: object) =>
    demarche.app.inject({ url: question, headers: { 'if-none-match': etag, ...headers } });
  t.equal((await again(reader.headers)).statusCode, 304);
  t.equal((await again({})).statusCode, 401);
  t.equal((await demarche.app.inject({ url: question })).statusCode, 401);
  await revokeKey(demarche.log, reader.id, 'the tests');
  await demarche.access.look();
  const refused = await again(reader.headers);
  t.equal(refused.statusCode, 401);
  const unchanged = await again({ ...reader.headers, 'if-none-match': refused.headers['etag'] });
  t.equal(unchanged.statusCode, 401, 'a refusal is one also for who has seen it before');
});

t.test('a key that is made or revoked elsewhere is known here about a second later, also the first', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  const node = new Access({ log, logger: { warn() {} } });
  await node.start();
  t.teardown(() => node.stop());
  t.equal((await node.callerOf(undefined)).name, 'local');
  const first = await makeKey(demarche);
  t.ok(await waitUntil(() => !node.isOpen, DEADLINE_MS), 'nobody told it but the table');
  const second = await makeKey(demarche, { role: 'reader' });
  t.match(await node.callerOf(second.headers.authorization), { name: `key:${second.id}`, role: 'reader' }, 'at once');
  const caller = await node.callerOf(first.headers.authorization);
  t.ok(node.isStillIn(caller));
  await revokeKey(log, first.id, 'the tests');
  t.ok(await waitUntil(() => !node.isStillIn(caller), DEADLINE_MS));
  await t.rejects(node.callerOf(first.headers.authorization), { code: 'unauthenticated' });
});

t.test('a node that cannot read the keys trusts what it remembers for a while, and then nobody', async (t) => {
  const demarche = await startDemarche(t);
  const { headers } = await makeKey(demarche);
  const db = connect<LogDatabase>(demarche.url, { max: 1 });
  const warnings: string[] = [];
  const access = new Access({
    log: { db, schema: 'log' },
    logger: { warn: (_: unknown, said?: string) => void warnings.push(said ?? '') },
    mostStaleMs: 1_500,
  });
  await access.start();
  t.teardown(() => access.stop());
  await db.destroy();
  t.match(await access.callerOf(headers.authorization), { role: 'admin' });
  const refused = await waitUntil(
    () =>
      access.callerOf(headers.authorization).then(
        () => undefined,
        (error: Error) => error,
      ),
    DEADLINE_MS,
  );
  t.ok(refused instanceof Error);
  t.same(warnings, ['Cannot read the access keys at the moment'], 'said once');
});

t.test('what makes a key is checked, field by field', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const wrong: [body: unknown, pointer: string, expected: RegExp][] = [
    [{ role: 'admin' }, '/name', /./],
    [{ name: '', role: 'admin' }, '/name', /./],
    [{ name: 'x', role: 'owner' }, '/role', /reader/],
    [{ name: 'x', role: 'recorder', issues: [] }, '/issues', /./],
    [{ name: 'x', role: 'recorder', issues: ['no-such-issue'] }, '/issues/0', /an open issue/],
    [{ name: 'x', role: 'reader', issues: ['troop-withdrawal'] }, '/issues', /recorder/],
    [{ name: 'x', role: 'admin', expires: 'soon' }, '/expires', /a day/],
    [{ name: 'x', role: 'admin', expires: '2024-01-01' }, '/expires', /to come/],
    [{ name: 'x', role: 'admin', key: 'mine' }, '/key', /./],
  ];
  for (const [body, pointer, expected] of wrong)
    t.match(
      await demarche.post('/v1/keys', body),
      { status: 400, body: { errors: [{ pointer, expected }] } },
      JSON.stringify(body),
    );
  t.equal((await demarche.delete('/v1/keys/99')).status, 404);
  const day = await demarche.post('/v1/keys', { name: 'x', role: 'admin', expires: '2999-12-31' });
  t.equal(day.body.expires, '2999-12-31T23:59:59.999Z', 'a day is meant to its end');
  const headers = bearer(day.body.key);
  await demarche.post('/v1/keys', { name: 'y', role: 'reader' }, headers);
  const page = await demarche.get('/v1/keys?limit=1', headers);
  t.match(page.body, { items: [{ name: 'y', createdBy: 'key:1' }], next: String });
  t.match((await demarche.get(`/v1/keys?limit=1&cursor=${page.body.next}`, headers)).body, {
    items: [{ name: 'x' }],
    next: null,
  });
});
