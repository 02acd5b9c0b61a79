// PostgreSQL is killed while events are posted: the whole of it, its first process alone, or a connection, after which it starts all
// of them anew. The embedded one is started again by Demarche, any other by whoever runs it.
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { childrenOf, postmasterOf, processesOf, signalAll } from './postgres-processes.ts';
import { startPosting } from './posting.ts';
import { scratchFolder, startDemarche, type Stage } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

/** Which processes are killed, each in its turn while one Demarche lives. */
const WAYS: ((directory: string) => Promise<number[]>)[] = [
  async (directory) => [await postmasterOf(directory)],
  async (directory) => {
    const children = await childrenOf(await postmasterOf(directory));
    const writer = children.find(({ title }) => /demarche .*127\.0\.0\.1/.test(title));
    if (!writer) throw new Error(`Of the connections of ${directory} none can be killed.`);
    return [writer.pid];
  },
  processesOf,
];

export const databaseKilled: Fault = {
  name: 'database-killed',
  what: 'kill -9 of the embedded PostgreSQL among the posts: of its first process, of a connection, and of all of it',
  run: (stage) =>
    inLives(stage, async () => {
      const directory = await scratchFolder(stage);
      const server = await startDemarche(stage, { DATA_DIR: directory });
      // The password stands in the data folder; a second look at it finds the server running.
      const { url: database } = await startEmbeddedPostgres(directory);
      return { directory, database, server };
    }),
};

export const databaseKilledElsewhere: Fault = {
  name: 'database-killed-elsewhere',
  what: 'the same with DATABASE_URL, where somebody else starts PostgreSQL again',
  run: (stage) =>
    inLives(stage, async () => {
      const directory = await scratchFolder(stage);
      const postgres = await startEmbeddedPostgres(directory, { keepRunning: true });
      stage.teardown(() => postgres.stop());
      const server = await startDemarche(stage, { DATABASE_URL: postgres.url });
      return { directory, database: postgres.url, server };
    }),
};

type Life = { directory: string; database: string; server: Awaited<ReturnType<typeof startDemarche>> };

/** Each Demarche lives through one kill of each kind, until it is enough. */
async function inLives(stage: Stage, begin: () => Promise<Life>): Promise<Trial> {
  const trials: Trial[] = [];
  for (let left = stage.times; left > 0; left -= WAYS.length)
    trials.push(await live(stage, begin, WAYS.slice(0, left)));
  return together(trials);
}

async function live(stage: Stage, begin: () => Promise<Life>, ways: typeof WAYS): Promise<Trial> {
  const { directory, database, server } = await begin();
  const posting = await startPosting(server.url, { posts: stage.posts });
  const wrong: string[] = [];
  for (const [turn, victims] of ways.entries()) {
    await posting.reaches((stage.posts * (turn + 1)) / (ways.length + 1));
    if (posting.acknowledged.length >= stage.posts) wrong.push('everything was posted before PostgreSQL was killed');
    signalAll(await victims(directory), 'SIGKILL');
  }
  const trial = await examine(database, posting, ways.length);
  const { code } = await server.end('SIGTERM');
  if (code !== 0) wrong.push(`told to stop, Demarche ended with ${code}: ${server.complaints().slice(-500)}`);
  return { ...trial, wrong: [...trial.wrong, ...wrong] };
}
