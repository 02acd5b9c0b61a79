// Nodes of one Demarche in the process of the test: several on one database, each with projections of its own, and what can be
// told to hold still until the test says go on.
import { sql } from 'kysely';
import type { Test } from 'tap';
import { openPool } from '../../src/database/connect.ts';
import { waitUntil } from '../../src/database/wait-until.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import { buildApp } from '../../src/http/app.ts';
import { EventFeed } from '../../src/http/event-feed.ts';
import { projections as everyProjection } from '../../src/projections/every-projection.ts';
import { defineProjection, everyType, type Projection } from '../../src/projections/projection.ts';
import { Projector } from '../../src/projections/projector.ts';
import type { Rebuild } from '../../src/projections/rebuild.ts';
import { table, text } from '../../src/projections/table.ts';
import { freshDatabase } from './fresh-database.ts';
import { openAccess } from './open-access.ts';

/** Long enough for whatever a busy machine does between. */
export const DEADLINE = 20_000;

const TODAY = new Date('2024-11-20T12:00:00Z');

export interface Place {
  url: string;
  log: LogStore;
}

export interface Answer {
  status: number;
  type: string;
  body: any;
}

export async function freshLog(t: Test): Promise<Place> {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  return { url, log: { db, schema: 'log' } };
}

/** A node with these projections; when the test ends, `gates` open before the node is stopped. */
export async function startNode(
  t: Test,
  { url, log }: Place,
  projections: readonly Projection[] = everyProjection,
  gates: Gate[] = [],
) {
  const errors: { err: Error; projection?: string; rebuild?: number }[] = [];
  const logger = { info() {}, warn() {}, error: (details: unknown) => void errors.push(details as never) };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const pool = openPool(url, { max: 4 });
  const projector = new Projector({ log, pool, projections, logger });
  await projector.start();
  const feed = new EventFeed({ log, logger });
  const wake = () => {
    projector.wake();
    feed.wake();
  };
  const recorder = new Recorder({ log, registry, now: () => TODAY, onRecorded: wake });
  const app = await buildApp({
    access: await openAccess(log),
    log,
    recorder,
    registry,
    projector,
    feed,
    checkResponses: true,
  });
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    for (const gate of gates) gate.open();
    await app.close();
    await projector.stop();
    await pool.end();
  };
  t.teardown(stop);

  async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown): Promise<Answer> {
    const response = await app.inject({
      method,
      url,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(body) }),
    });
    return {
      status: response.statusCode,
      type: String(response.headers['content-type']),
      body: response.json(),
    };
  }

  return {
    log,
    projector,
    feed,
    app,
    errors,
    stop,
    get: (path: string) => ask('GET', path),
    post: (path: string, body?: unknown) => ask('POST', path, body),
    delete: (path: string) => ask('DELETE', path),
    async record(...events: object[]): Promise<number> {
      const { body } = await ask('POST', '/v1/events/batch', events);
      const refused = body.results.find(({ status }: { status: string }) => status !== 'recorded');
      if (refused) throw new Error(`Not recorded: ${JSON.stringify(refused)}`);
      return body.sequence;
    },
  };
}

export type ReplayNode = Awaited<ReturnType<typeof startNode>>;

/** Whatever answers `get` and `post`. */
interface Asker {
  get: (path: string) => Promise<{ status: number; body: any }>;
  post: (path: string, body: unknown) => Promise<{ status: number; body: any }>;
}

/** Starts a rebuild and answers how it ended. */
export async function rebuildOf(asker: Asker, name: string, asked: object = {}): Promise<Rebuild> {
  const { status, body } = await asker.post(`/v1/projections/${name}/rebuilds`, asked);
  if (status !== 202) throw new Error(`The rebuild of ${name} was answered with ${status}: ${body.detail}`);
  return ended(asker, body.id);
}

/** The rebuild once it is over. */
export async function ended({ get }: Pick<Asker, 'get'>, id: number): Promise<Rebuild> {
  const found = await waitUntil<Rebuild | undefined>(async () => {
    const { body } = await get(`/v1/rebuilds/${id}`);
    return ['running', 'switching_back'].includes(body.state) ? undefined : body;
  }, DEADLINE);
  if (!found) throw new Error(`Rebuild ${id} did not end.`);
  return found;
}

/** Every Postgres schema of a run, of one projection where it is named. */
export async function runSchemas({ db }: LogStore, projection = ''): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname like ${`log\\_${projection}%`} order by nspname`.execute(db);
  return rows.map(({ name }) => name);
}

/** Waits until the schemas of the projection's runs are so many, as what is discarded is dropped when nobody holds on to it. */
export async function schemasBecome(log: LogStore, projection: string, count: number): Promise<string[]> {
  await waitUntil(async () => (await runSchemas(log, projection)).length === count, DEADLINE);
  return runSchemas(log, projection);
}

/** The schema of the live run of a projection, in its newest version. */
export async function liveSchema({ db, schema }: LogStore, projection: string): Promise<string> {
  const { schema_name } = await db
    .withSchema(schema)
    .selectFrom('projection_run')
    .select('schema_name')
    .where('projection', '=', projection)
    .where('role', '=', 'live')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return schema_name;
}

/** Of the newest version. */
export async function statusOf({ get }: Pick<Asker, 'get'>, name: string) {
  const { body } = await get('/v1/projections');
  return body.items.findLast((one: { name: string }) => one.name === name);
}

/** What a test holds shut. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();
  readonly #reached = Promise.withResolvers<void>();

  open(): void {
    this.#opened.resolve();
  }

  /** Whoever comes here waits until it is open. */
  async pass(): Promise<void> {
    this.#reached.resolve();
    await this.#opened.promise;
  }

  /** Resolves when somebody has come. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }
}

/** The projection, built no further than its derived tables until the gate is open. */
export function heldBy(gate: Gate, projection: Projection): Projection {
  const { derived } = projection;
  return {
    ...projection,
    derived: {
      page: async (page, tables, schema) => derived?.page(page, tables, schema),
      async all(workshop) {
        await gate.pass();
        await derived?.all(workshop);
      },
    },
  };
}

/** The summaries of statements, as a handler puts them. */
export function words(write: (summary: string) => string = (summary) => summary, version = 1, name = 'words') {
  const tables = { word: table({ word: text }) };
  return defineProjection({
    name,
    version,
    tables,
    handlers: { StatementMade: ({ data }) => ({ word: [{ word: write(data.summary) }] }) },
  }) as unknown as Projection;
}

/** The same for tables of another shape. */
export function phrases(write: (summary: string) => string, version: number, name = 'words') {
  const tables = { phrase: table({ phrase: text, length: text }) };
  return defineProjection({
    name,
    version,
    tables,
    handlers: {
      StatementMade: ({ data }) => ({ phrase: [{ phrase: write(data.summary), length: `${data.summary.length}` }] }),
    },
  }) as unknown as Projection;
}

/** Every event, once. */
const tallyTables = { seen: table({ type: text }) };
export const tally = defineProjection({
  name: 'tally',
  version: 1,
  tables: tallyTables,
  handlers: everyType<typeof tallyTables>(({ type }: Fact) => ({ seen: [{ type }] })),
}) as unknown as Projection;

/** Fails on the summary `poison`. */
export function poisoned(summary: string): string {
  if (summary === 'poison') throw new Error('There is no word for that.');
  return summary;
}

/** What the live run of `words` holds, in the order of the log. */
export async function wordsIn(log: LogStore, name = 'words'): Promise<string[]> {
  const { rows } = await sql<{ word: string }>`
    select word from ${sql.id(await liveSchema(log, name), 'word')} order by sequence`.execute(log.db);
  return rows.map(({ word }) => word);
}

export function statement(summary: string, more: object = {}): object {
  return { type: 'StatementMade', occurred: '2024-11-15', data: { speaker: 'kremlin', summary }, ...more };
}
