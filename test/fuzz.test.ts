// Every field, parameter and header of every operation of the OpenAPI document is changed into what nobody expects, thousands of
// times: the server answers soon, with what it describes or with a problem that names what is wrong, and it never fails.
// FUZZ_REQUESTS says how often, FUZZ_SEED with which chances; the same two are the same requests.
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import t from 'tap';
import { waitUntil } from '../src/database/wait-until.ts';
import { startDemarche } from './support/demarche.ts';
import { makeKey } from './support/make-key.ts';
import { Document, type Operation, type Target } from './support/fuzz-document.ts';
import { commandOf, plans, type Request, RequestMaker, type Words } from './support/fuzz-request.ts';
import { type Answer, faultOf, faultOfBlame, type Problem } from './support/fuzz-verdict.ts';
import { EXAMPLES, setTheStage, storyAgain, uuid } from './support/stage.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20241115);
const CHUNK = 500;

/** What a run may leave in memory: answers and dates that are remembered, both within bounds. */
const MOST_BYTES = 200_000_000;

/** Operations that need not succeed here, and why. */
const NOT_ALWAYS_DONE = new Map([
  ['skipEvent', 'no projection stands still: test/projections-projector.test.ts makes one'],
  ['switchBack', 'what stood before is given up when something is redacted: test/rebuilds.test.ts switches back'],
]);

t.setTimeout(120_000 + REQUESTS * 20);
const demarche = await startDemarche(t);
const { app } = demarche;
await setTheStage(demarche);
// Keys are made and revoked by chance, but not this one.
await sql`select setval(pg_get_serial_sequence('log.access_key', 'id'), 7_000_000)`.execute(demarche.log.db);
const { headers: credentials } = await makeKey(demarche);
demarche.signIn(credentials);
await app.listen({ port: 0 });
const { port } = app.server.address() as AddressInfo;

const document = new Document((await demarche.get('/openapi.json')).body);
const words = await wordsOfTheStage();
const maker = new RequestMaker(document, words);
await findCursors();

/** What finds something here. */
async function wordsOfTheStage(): Promise<Words> {
  for (const [n, example] of EXAMPLES.entries()) await demarche.record(...storyAgain(example, 90_000_000 + n));
  const { sequence } = (await demarche.get('/v1/log')).body;
  const firstIn = async (ledger: string) =>
    (await demarche.get(`/v1/${ledger}?limit=1&minSequence=${sequence}`)).body.items[0].id;
  // Those on either side of the one that is deleted may be deleted as well.
  const [switched, , over] = [
    await demarche.rebuild(['issues']),
    await demarche.rebuild(['issues'], { dryRun: true }),
    await demarche.rebuild(['issues'], { dryRun: true }),
    await demarche.rebuild(['issues'], { dryRun: true }),
  ];
  const whatIf = await demarche.rebuild(
    demarche.projector.projections.map(({ name }) => name),
    { until: 40 },
  );
  return {
    'getDemand id': await firstIn('demands'),
    'getProposal id': await firstIn('proposals'),
    'getCommitment id': await firstIn('commitments'),
    'getNegotiation id': await firstIn('negotiations'),
    'getEncounter id': await firstIn('encounters'),
    actor: 'germany',
    a: 'germany',
    b: 'russia',
    donor: 'germany',
    recipient: 'ukraine',
    issue: 'troop-withdrawal',
    id: uuid(1),
    type: 'CallHeld',
    name: 'issues',
    stream: 'actor-germany',
    correlation: 'story',
    text: 'report',
    from: '2024-01-01',
    at: '2024-11-15',
    knownAt: '40',
    minSequence: '30',
    'followEvents afterSequence': '3',
    limit: '3',
    projectionRun: String(whatIf.id),
    between: 'germany,russia',
    actors: 'germany,russia',
    'listEvents order': 'recorded',
    'getRelations from': '2022-01',
    'getRelations to': '2024-12',
    'if-match': '"0"',
    'last-event-id': '3',
    'getRebuild id': String(switched.id),
    'watchRebuild id': String(over.id),
    'deleteRebuild id': String(over.id),
    'switchBack id': String(switched.id),
    'startRebuild body': '{"dryRun":true,"until":20,"leaveOut":{"sources":["kremlin"],"events":[]}}',
    'skipEvent body': '{"sequence":1,"reason":"It is broken"}',
    'createKey body':
      '{"name":"A desk","role":"recorder","issues":["troop-withdrawal"],"expires":"2999-01-01T00:00:00Z"}',
    'revokeKey id': String((await makeKey(demarche)).id),
    'verifyLog afterSequence': '0',
    hash: '0'.repeat(64),
    'getLogConsistency from': '3',
    to: '2024-12-31',
    'getLogConsistency to': '30',
    'getLogRoot sequence': '30',
    'proveEvent head': '40',
  };
}

/** The second page of each list that has one. */
async function findCursors(): Promise<void> {
  for (const operation of document.operations) {
    // The words of listEvents may ask for either order, and a cursor is of one.
    const isAsked =
      operation.parameters.some(({ name }) => name === 'cursor') && operation.operationId !== 'listEvents';
    if (!isAsked) continue;
    const { url } = maker.valid(operation, 0);
    const { next } = (await demarche.get(`${url}${url.includes('?') ? '&' : '?'}limit=1`)).body;
    if (next !== null) words[`${operation.operationId} cursor`] = next;
  }
}

/** By a socket where the answer is a stream, which an injected request cannot end. */
async function send(request: Request): Promise<Answer> {
  const began = performance.now();
  if (request.before.length > 0) await demarche.post('/v1/events/batch', request.before);
  const answer = /feed|progress/.test(request.url) ? await sendOverSocket(request) : await inject(request);
  return { ...answer, milliseconds: performance.now() - began };
}

type Sent = Omit<Answer, 'milliseconds'>;

async function inject({ method, url, headers, body }: Request): Promise<Sent> {
  const {
    statusCode,
    headers: answered,
    body: said,
  } = await app.inject({
    method: method as 'GET',
    url,
    headers: { ...credentials, ...headers },
    ...(body && { payload: body }),
  });
  return { status: statusCode, headers: answered, text: said };
}

async function sendOverSocket({ method, url, headers }: Request): Promise<Sent> {
  const path = url.replaceAll(/[^!-~]/g, '');
  // The server would wait for what a wrong length promises.
  const { 'content-length': _, ...rest } = headers;
  const sent = httpRequest({
    port,
    agent: false,
    method,
    path,
    headers: { host: 'localhost', ...credentials, ...rest },
  });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
  const said = isStream ? '' : await text(answer);
  sent.destroy();
  return { status: answer.statusCode!, headers: answer.headers, text: said };
}

/** What waits for what the log does not hold yet takes five seconds, and is waited for at the end. */
const waiting: Promise<void>[] = [];
let head = 0;

function isAhead({ url }: Request): boolean {
  return [...url.matchAll(/[?&](?:minSequence|knownAt)=(\d+)/g)].some(([, sequence]) => Number(sequence) > head);
}

interface Seen {
  successes: number;
  refusals: number;
}

const seen = new Map<string, Seen>(
  document.operations.map(({ operationId }) => [operationId, { successes: 0, refusals: 0 }]),
);
const changes = new Map<string, number>();
const faults = new Map<string, string>();
let slowest = { milliseconds: 0, command: '' };

function count(request: Request, { status }: Answer): void {
  const counts = seen.get(operationIn(request).operationId)!;
  if (status < 300) counts.successes++;
  else if (status >= 400) counts.refusals++;
}

async function answerOf(request: Request, number: number): Promise<void> {
  const answer = await send(request);
  const { status, milliseconds } = answer;
  count(request, answer);
  const fault = faultOf(request, answer) ?? blameOf(request, answer);
  if (fault !== undefined) {
    const kind = `${request.operation.operationId}: ${fault}`.replaceAll(/\d+|".*"/g, '…').slice(0, 200);
    if (!faults.has(kind))
      faults.set(kind, `Request ${number}: ${fault}\n${commandOf(request)}\n${status} ${answer.text.slice(0, 600)}`);
  }
  if (status !== 503 && milliseconds > slowest.milliseconds) slowest = { milliseconds, command: commandOf(request) };
  if (status === 201 && request.operation.operationId === 'recordEvent') head = JSON.parse(answer.text).sequence;
  // A rebuild that goes on takes time from all others.
  if (status === 202) await demarche.delete(`/v1/rebuilds/${JSON.parse(answer.text).id}`);
}

function blameOf({ changed, url, operation }: Request, { status, text: said }: Answer): string | undefined {
  const problems: Problem[] = [];
  if (status >= 400) problems.push(JSON.parse(said));
  else if (url.startsWith('/v1/events/batch'))
    problems.push(...(JSON.parse(said).results?.flatMap(({ problem = [] }: any) => problem) ?? []));
  // Of several changes the first that is found is told.
  const only = changed.length === 1 && !NOT_ALWAYS_DONE.has(operation.operationId) ? changed[0] : undefined;
  return (
    problems
      // A what-if is given up when something is redacted.
      .filter(({ errors = [] }) => !errors.some(({ parameter }) => parameter === 'projectionRun'))
      .map((problem) => faultOfBlame(only, problem))
      .find((fault) => fault !== undefined)
  );
}

/** An event may be posted as a batch. */
function operationIn({ operation, url }: Request): Operation {
  return url.startsWith('/v1/events/batch')
    ? document.operations.find(({ operationId }) => operationId === 'recordBatch')!
    : operation;
}

function nameOf({ operation, place }: Target): string {
  const field =
    place.in === 'body' ? `${place.variant ?? ''} ${place.path.join('.')}` : 'name' in place ? place.name : '';
  return `${operation.operationId} ${place.in} ${field}`;
}

function used(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

t.test('every operation succeeds while nothing is changed', async (t) => {
  for (const [n, operation] of document.operations.entries()) {
    if (NOT_ALWAYS_DONE.has(operation.operationId)) continue;
    const request = maker.valid(operation, 80_000_000 + n);
    const answer = await send(request);
    const { status, text: said } = answer;
    count(request, answer);
    t.ok(status < 300, `${operation.operationId}: ${status < 300 ? status : `${commandOf(request)}\n${said}`}`);
    if (status === 202) await demarche.delete(`/v1/rebuilds/${JSON.parse(said).id}`);
  }
});

t.test(`${REQUESTS} requests with the seed ${SEED} are answered soon, and as described`, async (t) => {
  const { targets } = document;
  const before = used();
  for (let first = 0; first < REQUESTS; first += CHUNK) {
    for (const [n, plan] of plans(Math.min(CHUNK, REQUESTS - first), SEED + first).entries()) {
      const number = first + n;
      const target = targets[number % targets.length]!;
      const request = maker.make(target, plan, number);
      changes.set(nameOf(target), (changes.get(nameOf(target)) ?? 0) + 1);
      const answered = answerOf(request, number);
      if (isAhead(request)) waiting.push(answered);
      else await answered;
    }
  }
  await Promise.all(waiting);
  const grown = used() - before;
  t.comment(`slowest: ${Math.round(slowest.milliseconds)} ms: ${slowest.command.slice(0, 1000)}`);
  t.comment(`memory: ${Math.round(grown / 1e6)} MB more; ${waiting.length} waited; ${targets.length} places`);
  t.ok(grown < MOST_BYTES, `${grown} bytes more are held than before`);
  // Where they can be copied from as they are.
  for (const fault of faults.values()) console.error(fault);
  t.same([...faults.keys()], []);
});

t.test('all of it was reached', async (t) => {
  const rounds = Math.floor(REQUESTS / document.targets.length);
  const names = new Set(document.targets.map(nameOf));
  t.same(
    [...names].filter((name) => (changes.get(name) ?? 0) < rounds),
    [],
    'none was changed too seldom',
  );
  t.ok(names.size > 1_000, `${names.size} places were changed, each ${rounds} times at least`);
  for (const [operationId, { successes, refusals }] of seen) {
    if (rounds === 0) continue;
    if (!NOT_ALWAYS_DONE.has(operationId)) t.ok(successes > 0, `${operationId} succeeded ${successes} times`);
    t.ok(refusals > 0, `${operationId} was refused ${refusals} times`);
  }
});

t.test('afterwards the log is dense, and every read model has taken all of it', async (t) => {
  const { body: log } = await demarche.get('/v1/log');
  let sequence = 0;
  for (let items = [{ sequence }]; items.length > 0;) {
    ({ items } = (
      await demarche.get(`/v1/events?order=recorded&afterSequence=${sequence}&limit=1000&minSequence=${log.sequence}`)
    ).body);
    for (const item of items) if (item.sequence !== ++sequence) t.fail(`${item.sequence} follows on ${sequence - 1}`);
  }
  t.equal(sequence, log.sequence);
  const caughtUp = await waitUntil(async () => {
    const { body } = await demarche.get('/health/ready');
    return body.projections.every(({ lag }: { lag: number }) => lag === 0) && body;
  }, 30_000);
  t.match(caughtUp, { status: 'ready' });
});
