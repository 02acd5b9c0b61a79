// Every read endpoint answers from an index: the SQL that it sends is caught and explained, on a log in which few actors and issues
// have most of the facts.
import { CompiledQuery, sql } from 'kysely';
import t from 'tap';
import { generateEvents } from '../bench/generate-events.ts';
import { drawQuestions } from '../bench/scale/questions.ts';
import { connect } from '../src/database/connect.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { buildApp } from '../src/http/app.ts';
import { projections } from '../src/projections/every-projection.ts';
import { Projector } from '../src/projections/projector.ts';
import { startDemarche } from './support/demarche.ts';

const COUNT = 8_000;
/** A table of fewer rows may well be read whole. */
const LARGE = 1_000;

const demarche = await startDemarche(t);
const sent: CompiledQuery[] = [];
const db = connect<LogDatabase>(demarche.url, { onQuery: (query) => void sent.push(query) });
const log = { db, schema: 'log' };
// Never started: it leads nothing, and finds the read models that answer.
const { pool } = demarche;
const projector = new Projector({ log, pool, projections, logger: { info() {}, warn() {}, error() {} } });
const app = await buildApp({ ...demarche, log, projector });
t.teardown(async () => {
  await app.close();
  await projector.stop();
  await db.destroy();
});

const events = [...generateEvents({ seed: 1, count: COUNT })];
await record();
await sql`analyze`.execute(db);
const large = await largeTables();

const [top, second] = mostNamed('actor');
const rare = mostNamed('actor').at(-10);
const [issue] = mostNamed('issue');
const rareIssue = mostNamed('issue').at(-5);

/** Filters of the list of events, each asked in both orders. */
const FILTERS = [
  '',
  `actor=${top}`,
  `actor=${top},${second}`,
  `actor=${rare}`,
  `issue=${issue}`,
  `actor=${top}&issue=${rareIssue}`,
  'type=PositionStated',
  'type=CallHeld,ReactionIssued',
  'family=encounter',
  'modality=planned',
  'modality=planned,opinion',
  `stream=actor-${top}`,
  'correlation=story-7',
  'text=grain+corridor',
  'from=2020-03-01&to=2020-03-31',
  'from=2020-03-01&match=contained',
  `to=2020-03-31&actor=${top}`,
  `from=2020-03-01&actor=${rare}`,
];
const PATHS = FILTERS.flatMap((filter) => [`/v1/events?${filter}`, `/v1/events?${filter}&order=recorded`]);

t.test('the tables that grow with the log are large', async (t) => {
  const growing =
    'event event_key entry naming assertion statements step listing dealing exchange tally report sourcing';
  for (const name of growing.split(' ')) t.ok(large.has(name), name);
});

t.test('no question reads a large table from end to end', async (t) => {
  for (const { name, paths } of drawQuestions(3, events))
    for (const path of paths) t.same(await scannedBy(path), [], `${name}: ${path}`);
  for (const path of PATHS) t.same(await scannedBy(path), [], path);
});

t.test('nor does it as things were known earlier', async (t) => {
  const known = `knownAt=${COUNT / 2}`;
  for (const { name, paths } of drawQuestions(1, events)) {
    const [path] = paths as [string];
    if (path.includes('knownAt') || path.startsWith('/v1/projections')) continue;
    const asked = `${path}${path.includes('?') ? '&' : '?'}${known}`;
    t.same(await scannedBy(asked), [], `${name}: ${asked}`);
  }
  for (const path of PATHS) t.same(await scannedBy(`${path}&${known}`), [], path);
});

t.test('nor on a later page', async (t) => {
  const lists = [
    `/v1/positions/${top}/${issue}?limit=5`,
    `/v1/events?actor=${top}`,
    '/v1/events?order=recorded',
    `/v1/demands?actor=${top}&limit=5`,
    `/v1/encounters?limit=5`,
    `/v1/contacts?between=${top},${second}&limit=1`,
    `/v1/relations/${top}/${second}/events?limit=2`,
    `/v1/changes?from=2016-01-01&to=2024-01-01&limit=5`,
    `/v1/evidence?limit=5`,
  ];
  for (const path of lists) {
    const { next } = (await app.inject(path)).json<{ next: string | null }>();
    t.type(next, 'string', path);
    t.same(await scannedBy(`${path}${path.includes('?') ? '&' : '?'}cursor=${next}`), [], path);
  }
});

/** The actors or issues, those that most facts name first. */
function mostNamed(kind: 'actor' | 'issue'): string[] {
  const pattern = kind === 'actor' ? /"((?:state|organisation|person)-\d+)"/g : /"(issue-\d+)"/g;
  const counts = new Map<string, number>();
  for (const event of events)
    for (const [, name] of JSON.stringify(event).matchAll(pattern)) counts.set(name!, (counts.get(name!) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
}

async function record(): Promise<void> {
  for (let first = 0; first < events.length; first += 1_000) {
    const page = events.slice(first, first + 1_000).map((event) => ({ event, recordedBy: 'test' }));
    const refused = (await demarche.recorder.record(page)).find(({ status }) => status !== 'recorded');
    if (refused) throw new Error(JSON.stringify(refused));
  }
  for (const { name } of projections)
    if (!(await demarche.projector.reaches(name, COUNT, 60_000))) throw new Error(`${name} is not up with the log.`);
}

/** The large tables that are read from end to end to answer. */
async function scannedBy(url: string): Promise<string[]> {
  sent.length = 0;
  const { statusCode, payload } = await app.inject(url);
  // What is asked of one thing may have been retracted: then little is read as well.
  if (statusCode !== 200 && statusCode !== 404) throw new Error(`${url}: ${payload}`);
  const queries = sent.splice(0);
  if (queries.length === 0) throw new Error(`${url}: nothing was asked of the database that is watched.`);
  const scanned = await Promise.all(
    queries.map(async ({ sql: text, parameters }) => {
      const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        CompiledQuery.raw(`explain (format json) ${text}`, [...parameters]),
      );
      return scansIn(rows[0]!['QUERY PLAN'][0].Plan);
    }),
  );
  return scanned.flat().filter((name) => large.has(name));
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

function scansIn(plan: Plan): string[] {
  const below = (plan.Plans ?? []).flatMap(scansIn);
  return plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name']!, ...below] : below;
}

async function largeTables(): Promise<Set<string>> {
  const { rows } = await sql<{ relname: string }>`
    select relname from pg_class where relkind = 'r' and reltuples >= ${LARGE}
       and relnamespace::regnamespace::text like 'log%'`.execute(db);
  return new Set(rows.map(({ relname }) => relname));
}
