// A generated log with its read models and the application that answers from them.
import { sql } from 'kysely';
import { Access } from '../../src/access/access.ts';
import { buildApp } from '../../src/http/app.ts';
import { EventFeed } from '../../src/http/event-feed.ts';
import { projections } from '../../src/projections/every-projection.ts';
import { Projector } from '../../src/projections/projector.ts';
import { openGeneratedLog } from '../generated-log.ts';

/** Longer than this the building of the read models does not take. */
const BUILT_MS = 3_600_000;

const QUIET = { info() {}, warn: console.warn, error: console.error };

export interface Answered {
  ms: number;
  bytes: number;
}

export interface SizedLog {
  size: number;
  /** Events recorded a second; NaN where none was missing. */
  rate: number;
  /** How long the answer takes, and its length. */
  ask(path: string): Promise<Answered>;
  close(): Promise<void>;
}

/** Loads and builds what is missing, and tells how far it is. */
export async function openSizedLog(
  server: string,
  seed: number,
  size: number,
  tell: (line: string) => void,
): Promise<SizedLog> {
  const { log, pool, registry, recorder, rate, close } = await openGeneratedLog(server, seed, size, (sequence) =>
    tell(`${size} events, recording: ${sequence}`),
  );
  const projector = new Projector({ log, pool, projections, logger: QUIET });
  await projector.start();
  tell(`${size} events, building the read models`);
  for (const { name } of projections)
    if (!(await projector.reaches(name, size, BUILT_MS))) throw new Error(`${name} was not built.`);
  // What the autovacuum of a server that is up for longer has done.
  await sql`vacuum analyze`.execute(log.db);
  const feed = new EventFeed({ log, logger: QUIET });
  const access = new Access({ log, logger: QUIET });
  await access.look();
  const app = await buildApp({ access, log, recorder, registry, projector, feed });
  return {
    size,
    rate,
    async ask(url) {
      const started = performance.now();
      const response = await app.inject({ url });
      const ms = performance.now() - started;
      if (response.statusCode === 200) return { ms, bytes: response.rawPayload.length };
      throw new Error(`${url} was answered with ${response.statusCode}: ${response.body}`);
    },
    async close() {
      await app.close();
      await projector.stop();
      await close();
    },
  };
}
