// Keys made by a command, beside a server that runs; and where a server may listen with and without them.
import path from 'node:path';
import { tmpdir } from 'node:os';
import t, { type Test } from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import { CAST } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { outcome, startNode } from './support/start-node.ts';

const DEADLINE_MS = 30_000;
const source = (file: string) => path.resolve(import.meta.dirname, '../src', file);

type Environment = Record<string, string>;

function run(file: string, settings: Environment, ...programArguments: string[]) {
  const { PATH, HOME } = process.env;
  return startNode([source(file), ...programArguments], {
    cwd: tmpdir(),
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn', ...settings },
  });
}

async function start(t: Test, settings: Environment): Promise<string> {
  const child = run('main.ts', settings);
  let said = '';
  let complaint = '';
  child.stdout.on('data', (part: string) => (said += part));
  child.stderr.on('data', (part: string) => (complaint += part));
  const ended = outcome(child);
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await waitUntil(() => said.includes('Ctrl-C') || child.exitCode !== null);
  const url = / {2}API {3}(http:\S+)\/v1\n/.exec(said)?.[1];
  if (url === undefined) throw new Error(`The server did not start: ${complaint}`);
  return url;
}

t.test('a key that is made while the server runs closes the door, and one that is revoked opens nothing', async (t) => {
  const { url: DATABASE_URL } = await freshDatabase(t);
  const keys = (...words: string[]) => outcome(run('keys.ts', { DATABASE_URL }, ...words));
  const url = await start(t, { DATABASE_URL });
  const statusWith = async (key?: string) =>
    (await fetch(`${url}/v1/keys`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })).status;
  const cast = await fetch(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CAST),
  });
  t.equal(cast.status, 200);
  t.equal((await keys('list')).output, 'There are no keys.\n');

  const made = await keys('create', '--name', 'desk', '--role', 'admin', '--expires', '2999-01-01');
  t.match(made, {
    code: 0,
    output: /^demarche_1_[\w-]{43}\n$/,
    complaint: /^Key 1, "desk" \(admin\), was made\. It is shown this once/,
  });
  const key = made.output.trim();
  t.equal(await statusWith(key), 200, 'it is known at once');
  t.ok(await waitUntil(async () => (await statusWith()) === 401, DEADLINE_MS), 'and without one nobody is let in');
  t.notMatch(made.complaint, key.slice(11), 'the key alone is on standard output');

  const limited = await keys('create', '--name', 'stringer', '--role', 'recorder', '--issues', 'troop-withdrawal');
  t.equal(limited.code, 0, limited.complaint);
  t.match(
    (await keys('list')).output,
    /^2 {2}stringer {2}recorder, for troop-withdrawal {2}made \S+Z {2}good until it is revoked\n1 {2}desk {2}admin {2}made \S+Z {2}good until 2999-01-01T23:59:59.999Z\n$/,
  );
  t.match(await keys('revoke', '1'), { code: 0, output: /^1 {2}desk {2}admin .* revoked \S+Z\n$/, complaint: '' });
  t.ok(await waitUntil(async () => (await statusWith(key)) === 401, DEADLINE_MS));
  t.equal(await statusWith(), 401);
});

t.test('what is wrong with a command is said in a sentence', async (t) => {
  const { url: DATABASE_URL } = await freshDatabase(t);
  const nowhere = { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' };
  const expected: [words: string[], complaint: string, settings?: Environment][] = [
    [[], 'Found another command, expected create, list, or revoke and the id of a key. See npm run keys -- --help.\n'],
    [['revoke'], 'Found "revoke", expected create, list, or revoke and the id of a key. See npm run keys -- --help.\n'],
    [['create', '--role', 'admin'], '--name: found nothing, expected 1 to 200 characters: whose the key is.\n'],
    [['create', '--name', 'x', '--role', 'owner'], '--role: found "owner", expected reader, recorder, admin.\n'],
    [
      ['create', '--name', 'x', '--role', 'reader', '--issues', 'a'],
      '--issues: found a limit for the role reader, expected one for a recorder: it limits what is recorded.\n',
    ],
    [
      ['create', '--name', 'x', '--role', 'reader', '--expires', '2024-01-01'],
      '--expires: found "2024-01-01", expected a day or a moment to come (2027-01-01, 2027-01-01T12:00:00Z).\n',
    ],
    [['list', '--all'], "Unknown option '--all'. See npm run keys -- --help.\n"],
    [
      ['create', '--name', 'x', '--role', 'recorder', '--issues', 'a,b'],
      '--issues: found "a", "b", expected open issues.\n',
      { DATABASE_URL },
    ],
    [['revoke', '7'], 'There is no key 7. See npm run keys -- list.\n', { DATABASE_URL }],
  ];
  const outcomes = await Promise.all(
    expected.map(([words, , settings]) => outcome(run('keys.ts', settings ?? nowhere, ...words))),
  );
  for (const [n, [words, complaint]] of expected.entries())
    t.same(outcomes[n], { code: 1, signal: null, output: '', complaint }, words.join(' '));
});

t.test('any address may be listened on once there is a key, or an issuer, and the loopback alone before', async (t) => {
  const { url: DATABASE_URL } = await freshDatabase(t);
  const anywhere = { DATABASE_URL, HOST: '0.0.0.0' };
  const refused = await outcome(run('main.ts', anywhere));
  t.match(refused, {
    code: 1,
    output: '',
    complaint:
      /^HOST: found "0\.0\.0\.0", expected 127\.0\.0\.1, localhost or ::1, because there is no access key yet: .* Make a key with npm run keys/,
  });
  const trusting = await start(t, {
    ...anywhere,
    OIDC_ISSUER: 'https://issuer.example',
    OIDC_AUDIENCE: 'demarche',
  });
  t.equal((await fetch(`${trusting}/v1/log`)).status, 401);
  const { output } = await outcome(run('keys.ts', { DATABASE_URL }, 'create', '--name', 'x', '--role', 'reader'));
  const headers = { authorization: `Bearer ${output.trim()}`, host: 'demarche.example' };
  const guarded = await start(t, anywhere);
  t.equal((await fetch(`${guarded}/v1/log`, { headers })).status, 200, 'by any name');
  t.equal((await fetch(`${guarded}/v1/log`)).status, 401);
});

t.test('settings of access that are wrong are all said at once', async (t) => {
  const wrong = await outcome(
    run('main.ts', {
      HOST: 'any where',
      RATE_LIMIT: 'none',
      OIDC_ISSUER: 'http://issuer.example',
      OIDC_JWKS_URL: 'certs',
      OIDC_ALGORITHMS: 'RS256,HS256',
    }),
  );
  t.same(wrong, {
    code: 1,
    signal: null,
    output: '',
    complaint: `These settings are wrong:
  HOST: found "any where", expected an address or a name of this machine
  RATE_LIMIT: found "none", expected requests a minute, 0 for any number
  OIDC_ISSUER: found "http://issuer.example", expected a URL that begins with https://, as tokens name their issuer
  OIDC_JWKS_URL: found "certs", expected a URL that begins with https://
  OIDC_ALGORITHMS: found "RS256,HS256", expected some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, with commas
  OIDC_AUDIENCE: found nothing, expected whom tokens are for, as they name it: without it, tokens for any other service would be taken too\n`,
  });
});
