// What the works of `npm run bench` are measured on: one durable server with two databases, Demarche on the one and the barest
// programs on the other, each in a process of its own.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { connect } from '../../src/database/connect.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import type { EmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { statement } from '../statements.ts';
import { databaseNamed } from '../database-named.ts';
import { postgresCpu } from './postgres-cpu.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';

const MAIN = process.env.MAIN ?? join(import.meta.dirname, '../../src/main.ts');
const BARE = join(import.meta.dirname, 'bare-server.ts');

export interface Stage {
  demarche: ServerProcess;
  bare: ServerProcess;
  /** The database of Demarche. */
  url: string;
  /** Megabytes that Demarche held before it was asked anything. */
  idleMegabytes: number;
  /** Seconds of a processor that the database server has used. */
  databaseCpu(): Promise<number>;
  /** Inserts so many rows into the bare database; answers their keys. */
  bareRows(count: number): Promise<string[]>;
  /** Inserts an answer into the bare database; answers its key. */
  bareAnswer(text: string): Promise<string>;
  /** An answer of Demarche. */
  get(path: string): Promise<{ etag: string; text: string }>;
  /** Records events, all of which must be accepted. */
  record(events: NewEvent[]): Promise<void>;
  /** Waits until the read models reflect the log; answers the seconds. */
  settle(): Promise<number>;
  close(): Promise<void>;
}

const BATCH = 1_000;

export async function openStage(server: EmbeddedPostgres): Promise<Stage> {
  const url = await databaseNamed(server.url, 'demarche');
  const bareUrl = await databaseNamed(server.url, 'bare');
  const db = connect(bareUrl, { max: 1 });
  await sql`create table bare (id uuid primary key, type text not null, body jsonb not null)`.execute(db);
  await sql`create table answer (key text primary key, body text not null)`.execute(db);
  const demarche = await startServerProcess(MAIN, { DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'warn', RATE_LIMIT: '0' });
  const bare = await startServerProcess(BARE, { DATABASE_URL: bareUrl });
  const { rows } = await sql<{ folder: string }>`select current_setting('data_directory') as folder`.execute(db);
  const postmaster = Number((await readFile(join(rows[0]!.folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);

  const { megabytes: idleMegabytes } = await demarche.cost();

  const stage: Stage = {
    demarche,
    idleMegabytes,
    bare,
    url,
    databaseCpu: () => postgresCpu(postmaster),
    async bareRows(count) {
      const events = Array.from({ length: count }, () => statement());
      for (const { id, type, ...body } of events)
        await sql`insert into bare (id, type, body) values (${id}, ${type}, ${JSON.stringify(body)})`.execute(db);
      return events.map(({ id }) => id);
    },
    async bareAnswer(text) {
      const key = createHash('sha1').update(text).digest('hex');
      await sql`insert into answer (key, body) values (${key}, ${text}) on conflict do nothing`.execute(db);
      return key;
    },
    async get(path) {
      const response = await fetch(demarche.url + path);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return { etag: response.headers.get('etag')!, text };
    },
    async record(events) {
      for (let n = 0; n < events.length; n += BATCH) {
        const response = await fetch(`${demarche.url}/v1/events/batch`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(events.slice(n, n + BATCH)),
        });
        const { results } = (await response.json()) as { results: { status: string }[] };
        const refused = results.find(({ status }) => status !== 'recorded');
        if (refused) throw new Error(`Not recorded: ${JSON.stringify(refused)}`);
      }
    },
    async settle() {
      const began = performance.now();
      for (;;) {
        const { items } = JSON.parse((await stage.get('/v1/projections')).text) as { items: { lag: number }[] };
        if (items.every(({ lag }) => lag === 0)) return (performance.now() - began) / 1000;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      await db.destroy();
      await demarche.stop();
      await bare.stop();
    },
  };
  return stage;
}
