// Tokens of an OIDC issuer: who they are of, what they may do, and everything that can be wrong with one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';
import t, { type Test } from 'tap';
import { Issuer, type IssuerSettings } from '../src/access/issuer.ts';
import { actor } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { follow, startListening } from './support/follow.ts';
import { makeKey } from './support/make-key.ts';

interface SigningKey {
  kid: string;
  algorithm: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

async function signingKey(kid: string, algorithm = 'RS256'): Promise<SigningKey> {
  return { kid, algorithm, ...(await generateKeyPair(algorithm, { extractable: true })) };
}

/** An issuer that tells its keys where its discovery document says; it can be stopped, and told to answer nonsense. */
async function startIssuer(t: Test, ...first: SigningKey[]) {
  let keys = first;
  let status = 200;
  let fetches = 0;
  const answer = async (path: string | undefined) => {
    if (path === '/.well-known/openid-configuration') return { issuer: url, jwks_uri: `${url}/certs` };
    fetches++;
    return {
      keys: await Promise.all(keys.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid }))),
    };
  };
  const server = createServer((request, response) => {
    void answer(request.url).then((body) => response.writeHead(status).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(stop);
  return {
    url,
    stop,
    fetches: () => fetches,
    rotate: (...next: SigningKey[]) => void (keys = next),
    answerWith: (next: number) => void (status = next),
    settings: {
      issuer: url,
      audience: 'demarche',
      jwksUrl: undefined,
      algorithms: ['RS256', 'ES256'],
      rolesClaim: 'roles',
    } satisfies IssuerSettings,
    token: (key: SigningKey, claims: JWTPayload = {}, seconds = 60) =>
      new SignJWT({ roles: ['recorder'], sub: 'ana', ...claims })
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid })
        .setIssuer(claims.iss ?? url)
        .setAudience(claims.aud ?? 'demarche')
        .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
        .sign(key.privateKey),
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const france = actor('france', 'state');

t.test('a token says who records, and its roles what it may do', async (t) => {
  const rsa = await signingKey('rsa');
  const elliptic = await signingKey('elliptic', 'ES256');
  const issuer = await startIssuer(t, rsa, elliptic);
  const demarche = await startDemarche(t, { issuer: new Issuer(issuer.settings) });
  const recorded = await demarche.post('/v1/events', france, bearer(await issuer.token(rsa)));
  t.match(recorded, { status: 201, body: { recordedBy: `ana@${issuer.url}` } });
  const reader = bearer(await issuer.token(elliptic, { roles: 'reader' }));
  t.equal((await demarche.get('/v1/log', reader)).status, 200);
  t.match(await demarche.post('/v1/events', france, reader), {
    status: 403,
    body: { code: 'forbidden', detail: /role recorder/ },
  });
  const many = bearer(await issuer.token(rsa, { roles: ['user', 'reader', 'admin'] }));
  t.equal((await demarche.get('/v1/keys', many)).status, 200, 'of several roles the highest counts');
  for (const roles of [undefined, [], ['owner'], 'Admin', { admin: true }, 7]) {
    const nobody = await demarche.get('/v1/log', bearer(await issuer.token(rsa, { roles })));
    t.match(nobody, { status: 403, body: { detail: /none of the roles/ } }, JSON.stringify(roles));
  }
  t.equal((await demarche.get('/v1/log')).status, 401, 'where there is an issuer nobody is let in without a token');
  const { headers } = await makeKey(demarche);
  t.equal((await demarche.get('/v1/keys', headers)).status, 200, 'keys stand beside tokens');
  t.equal(issuer.fetches(), 1, 'its keys were fetched once');
});

t.test('roles stand in the claim that is set, also inside others', async (t) => {
  const key = await signingKey('one');
  const issuer = await startIssuer(t, key);
  const roleIn = async (rolesClaim: string, claims: JWTPayload) => {
    const own = new Issuer({ ...issuer.settings, jwksUrl: `${issuer.url}/certs`, rolesClaim });
    return (await own.callerOf(await issuer.token(key, claims))).role;
  };
  t.equal(await roleIn('realm_access.roles', { realm_access: { roles: ['x', 'admin'] } }), 'admin');
  t.equal(await roleIn('https://demarche.example/roles', { 'https://demarche.example/roles': ['reader'] }), 'reader');
  await t.rejects(roleIn('constructor.name', {}), { code: 'forbidden' });
});

t.test('whatever is wrong with a token, it is refused, and its content is repeated nowhere', async (t) => {
  const key = await signingKey('one');
  const stranger = await signingKey('one');
  const unknown = await signingKey('unknown');
  const strong = await signingKey('strong', 'RS512');
  const issuer = await startIssuer(t, key, strong);
  const demarche = await startDemarche(t, { issuer: new Issuer(issuer.settings) });
  const valid = await issuer.token(key);
  const [head, , signature] = valid.split('.') as [string, string, string];
  const claims = {
    iss: issuer.url,
    aud: 'demarche',
    sub: 'ana',
    roles: ['admin'],
    exp: Math.floor(Date.now() / 1_000) + 60,
  };
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  // The old trick: the public key, taken for a shared secret.
  const shared = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(new TextEncoder().encode(await exportSPKI(key.publicKey)));
  const without = (name: string, own: JWTPayload = {}) =>
    new SignJWT(Object.fromEntries(Object.entries({ ...claims, ...own }).filter(([claim]) => claim !== name)))
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(key.privateKey);
  const wrong: [what: string, token: string, detail: RegExp][] = [
    ['unsigned', new UnsecuredJWT(claims).encode().replace(/\.$/, '.x'), /./],
    ['unsigned, without the last part', new UnsecuredJWT(claims).encode(), /./],
    ['signed with the public key', shared, /an algorithm/],
    ['signed by another algorithm of the issuer', await issuer.token(strong), /an algorithm/],
    ['signed by somebody else', await issuer.token(stranger), /signature/],
    ['by a key that the issuer does not have', await issuer.token(unknown), /no such key/],
    ['other claims under the same signature', `${head}.${encoded(claims)}.${signature}`, /signature/],
    ['of another issuer', await issuer.token(key, { iss: 'https://elsewhere.example' }), /claim iss/],
    ['for another service', await issuer.token(key, { aud: 'payroll' }), /claim aud/],
    ['expired', await issuer.token(key, {}, -60), /expired/],
    ['without an end', await without('exp'), /claim exp/],
    ['to come', await issuer.token(key, { nbf: Math.floor(Date.now() / 1_000) + 60 }), /claim nbf/],
    ['of nobody', await without('sub'), /claim sub/],
    ['of an empty name', await without('', { sub: '' }), /names no subject/],
    ['of a name in two lines', await without('', { sub: 'ana\nkey:1' }), /names no subject/],
    ['of half a character', await without('', { sub: 'an\ud800' }), /./],
    ['of an endless name', await without('', { sub: 'a'.repeat(300) }), /names no subject/],
    ['no JSON', 'e30x.e30x.e30x', /./],
  ];
  for (const [what, token, detail] of wrong) {
    const refused = await demarche.post('/v1/events', france, bearer(token));
    t.match(
      refused,
      {
        status: 401,
        headers: { 'www-authenticate': /error="invalid_token"/ },
        body: { code: 'unauthenticated', detail },
      },
      what,
    );
    t.notMatch(JSON.stringify(refused.body), /elsewhere|payroll|ana/, what);
  }
  t.equal((await demarche.get('/v1/log', bearer(valid))).status, 200);
});

t.test('a key that the issuer has changed is fetched, and the one it gave up is refused', async (t) => {
  const former = await signingKey('former');
  const next = await signingKey('next');
  const issuer = await startIssuer(t, former);
  const demarche = await startDemarche(t, { issuer: new Issuer(issuer.settings, { cooldownMs: 0 }) });
  const statusOf = async (key: SigningKey) => (await demarche.get('/v1/log', bearer(await issuer.token(key)))).status;
  t.equal(await statusOf(former), 200);
  issuer.rotate(next);
  t.equal(await statusOf(next), 200);
  t.equal(await statusOf(former), 401);
  issuer.answerWith(500);
  t.equal(await statusOf(next), 200, 'what was fetched is kept');
});

t.test('while the issuer cannot be asked a token is neither right nor wrong', async (t) => {
  const key = await signingKey('one');
  const issuer = await startIssuer(t, key);
  const demarche = await startDemarche(t, { issuer: new Issuer(issuer.settings) });
  const token = bearer(await issuer.token(key));
  const away = { status: 503, headers: { 'retry-after': '1' }, body: { code: 'issuer_unavailable' } };
  issuer.answerWith(500);
  t.match(await demarche.get('/v1/log', token), away);
  issuer.answerWith(200);
  t.equal((await demarche.get('/v1/log', token)).status, 200, 'and it is asked again');
  const other = await startDemarche(t, { issuer: new Issuer(issuer.settings) });
  await issuer.stop();
  t.match(await other.get('/v1/log', token), away);
  t.equal((await other.get('/v1/log', (await makeKey(other)).headers)).status, 200, 'keys do not need it');
  const misled = new Issuer({ ...issuer.settings, jwksUrl: `${issuer.url}/certs` });
  await t.rejects(misled.callerOf(await issuer.token(key)), { code: 'issuer_unavailable' });
});

t.test('a follower is cut off when its token expires', async (t) => {
  const key = await signingKey('one');
  const issuer = await startIssuer(t, key);
  const { server } = await startListening(t, { issuer: new Issuer(issuer.settings) });
  const follower = await follow(t, server, '', bearer(await issuer.token(key, {}, 2)));
  t.equal(follower.status, 200);
  t.equal(await follower.ended, undefined);
});
