// A whole Demarche in the process of the test, on a database of its own: everything but the port. Answers are checked
// against the OpenAPI document as they pass.
import type { Test } from 'tap';
import type { Issuer } from '../../src/access/issuer.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import { buildApp } from '../../src/http/app.ts';
import { EventFeed } from '../../src/http/event-feed.ts';
import { projections } from '../../src/projections/every-projection.ts';
import type { Rebuild } from '../../src/projections/rebuild.ts';
import type { RebuildRequest } from '../../src/projections/rebuilder.ts';
import { Projector } from '../../src/projections/projector.ts';
import { openPool } from '../../src/database/connect.ts';
import { freshDatabase } from './fresh-database.ts';
import { openAccess } from './open-access.ts';

/** The day on which all tests take place. */
const TODAY = new Date('2024-11-20T12:00:00Z');

const SILENT = { info() {}, warn() {}, error() {} };

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: any;
}

interface Options extends Pick<
  Parameters<typeof buildApp>[0],
  'logger' | 'requestsPerMinute' | 'latestMs' | 'answerWithinMs'
> {
  heartbeatMs?: number;
  issuer?: Issuer;
}

export async function startDemarche(t: Test, { heartbeatMs, issuer, ...options }: Options = {}) {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const pool = openPool(url, { max: 4 });
  const projector = new Projector({ log, pool, projections, logger: SILENT });
  await projector.start();
  const feed = new EventFeed({ log, logger: SILENT, ...(heartbeatMs !== undefined && { heartbeatMs }) });
  const wake = () => {
    projector.wake();
    feed.wake();
  };
  const recorder = new Recorder({ log, registry, now: () => TODAY, onRecorded: wake });
  const access = await openAccess(log, issuer);
  const app = await buildApp({ access, log, recorder, registry, projector, feed, checkResponses: true, ...options });
  t.teardown(async () => {
    await app.close();
    await projector.stop();
    await pool.end();
  });

  /** Sent with everything that is asked through what is returned here. */
  let credentials: Record<string, string> = {};

  async function ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await app.inject({
      method,
      url: path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...credentials, ...headers },
      ...(body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  }

  return {
    url,
    access,
    log,
    pool,
    registry,
    recorder,
    projector,
    feed,
    app,
    get: (path: string, headers?: Record<string, string>) => ask('GET', path, undefined, headers),
    post: (path: string, body: unknown, headers?: Record<string, string>) => ask('POST', path, body, headers),
    delete: (path: string, headers?: Record<string, string>) => ask('DELETE', path, undefined, headers),
    /** From here on everything is asked with these headers. */
    signIn: (headers: Record<string, string>) => void (credentials = headers),
    /** Carries a rebuild out to its end. */
    async rebuild(names: string[], options: Omit<RebuildRequest, 'projections'> = {}): Promise<Rebuild> {
      const chosen = projections.filter(({ name }) => names.includes(name));
      const { id } = await projector.rebuilds.start({ projections: chosen, ...options });
      return (await projector.rebuilds.finished(id))!;
    },
    /** Records events that must all be accepted, and answers the last sequence. */
    record: async (...events: object[]): Promise<number> => {
      const { body } = await ask('POST', '/v1/events/batch', events);
      for (const result of body.results) {
        if (result.status !== 'recorded')
          throw new Error(`Item ${result.index} was not recorded: ${result.problem?.detail ?? result.status}`);
      }
      return body.sequence;
    },
  };
}

export type Demarche = Awaited<ReturnType<typeof startDemarche>>;
