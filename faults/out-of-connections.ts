// Others take every connection that PostgreSQL gives out, those of the server among them.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { startPosting } from './posting.ts';
import { scratchFolder, startDemarche } from './stage.ts';
import { examine, type Fault } from './trial.ts';

const HELD_MS = 3_000;
/** So few that others take what is left within moments. Three of them are for superusers. */
const MOST_CONNECTIONS = 28;

export const outOfConnections: Fault = {
  name: 'out-of-connections',
  what: 'others take every connection that PostgreSQL gives out (max_connections), for three seconds',
  async run(stage) {
    const directory = await scratchFolder(stage);
    const before = await startEmbeddedPostgres(directory);
    await ask(before.url, `alter system set max_connections = ${MOST_CONNECTIONS}`);
    await before.stop();
    const postgres = await startEmbeddedPostgres(directory);
    stage.teardown(() => postgres.stop());
    const server = await startDemarche(stage, { DATABASE_URL: postgres.url });
    const posting = await startPosting(server.url, { posts: stage.posts });
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    stage.teardown(() => admin.end());
    const wrong: string[] = [];
    for (let turn = 0; turn < stage.times; turn++) {
      await posting.reaches((stage.posts * (turn + 1)) / (stage.times + 1));
      const told = posting.unavailable();
      const held = await takeAll(postgres.url);
      // What the server has is taken from it, and by others before it comes back.
      for (let left = 1; left > 0;) {
        const { rows } = await admin.query<{ left: number }>(
          `select count(pg_terminate_backend(pid))::int as left from pg_stat_activity
            where application_name like 'demarche%' and application_name <> 'demarche owner'`,
        );
        left = rows[0]!.left;
        held.push(...(await takeAll(postgres.url)));
      }
      await pause(HELD_MS);
      if (posting.unavailable() === told) wrong.push('nobody was told that the database is away');
      await Promise.all(held.map((client) => client.end()));
    }
    const trial = await examine(postgres.url, posting, stage.times);
    return { ...trial, wrong: [...trial.wrong, ...wrong] };
  },
};

async function ask(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Connections until the server refuses one. */
async function takeAll(url: string): Promise<Client[]> {
  const held: Client[] = [];
  for (;;) {
    const client = new Client({ connectionString: url, application_name: 'somebody else' });
    client.on('error', () => {});
    try {
      await client.connect();
    } catch {
      return held;
    }
    held.push(client);
  }
}
