// The log is dumped among the posts and restored into another server, by the commands of the README; there everything goes on.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createCluster, SUPERUSER } from '../src/database/create-cluster.ts';
import { clusterOf, databaseFolderOf, passwordFileOf } from '../src/database/data-place.ts';
import { installedFolders } from '../src/database/postgres-binaries.ts';
import { serverAccount } from '../src/database/server-account.ts';
import { shutDown } from '../src/database/server-process.ts';
import { startPostgres } from '../src/database/start-postgres.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { send, startPosting } from './posting.ts';
import { scratchFolder, startDemarche, type Stage } from './stage.ts';
import { compare, examine, together, type Fault, type Trial } from './trial.ts';

const run = promisify(execFile);
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const MOST_TIMES = 3;
const PATIENCE_MS = 60_000;

export const restored: Fault = {
  name: 'restored',
  what: 'pg_dump among the posts, and pg_restore into a fresh server, on which everything goes on',
  async run(stage) {
    const folder = installedFolders().find((one) =>
      ['pg_dump', 'pg_restore', 'initdb'].every((program) => existsSync(path.join(one, program))),
    );
    if (folder === undefined) return 'no PostgreSQL with its pg_dump is installed here';
    const trials: Trial[] = [];
    for (let turn = 0; turn < Math.min(stage.times, MOST_TIMES); turn++) trials.push(await restore(stage, folder));
    return together(trials);
  },
};

async function restore(stage: Stage, programs: string): Promise<Trial> {
  const [former, fresh] = [await freshServer(stage, programs), await freshServer(stage, programs)];
  const server = await startDemarche(stage, { DATABASE_URL: former });
  const posting = await startPosting(server.url, { posts: stage.posts });
  await posting.reaches(stage.posts / 2);
  const before = posting.acknowledged.slice();
  const [dump, load] = readmeCommands();
  const shell = async (command: string) =>
    run('sh', ['-c', command], {
      cwd: await scratch,
      env: { PATH: `${programs}:${process.env.PATH}`, DATABASE_URL: former, NEW_DATABASE_URL: fresh },
    });
  const scratch = scratchFolder(stage);
  await shell(dump);
  const trial = await examine(former, posting);
  await server.end('SIGTERM');

  await shell(load);
  const again = await startDemarche(stage, { DATABASE_URL: fresh });
  const kept = await head(again.url);
  const more = await startPosting(again.url, { posts: 1_000, isCastThere: true });
  await more.done;
  const found = await compare(fresh, [...before, ...more.acknowledged]);
  const wrong = [...more.wrong, ...found.wrong];
  const dumped = posting.acknowledged.find(({ sequence }) => sequence === kept.sequence);
  if (dumped && dumped.hash !== kept.hash)
    wrong.push(`the log ends at ${kept.sequence} with another hash than it had there`);
  wrong.push(...(await differences(again.url)));
  await again.end('SIGTERM');
  return {
    ...trial,
    acknowledged: trial.acknowledged + more.acknowledged.length,
    lost: trial.lost + found.lost,
    doubled: trial.doubled + found.doubled,
    wrong: [...trial.wrong, ...wrong],
  };
}

/** What the README tells to type. */
function readmeCommands(): [dump: string, load: string] {
  const [, text] = /^## Back up and restore$[\s\S]*?^```sh\n(pg_dump[\s\S]*?)^```$/m.exec(README) ?? [];
  const [dump, load, ...more] = text?.trim().split('\n') ?? [];
  if (!dump || !load || more.length > 0)
    throw new Error('In the README, under "Back up and restore", two commands were expected: pg_dump and pg_restore.');
  return [dump, load];
}

/** The address of a server of that version, with nothing in it. */
async function freshServer(stage: Stage, folder: string): Promise<string> {
  const directory = await scratchFolder(stage);
  const { stdout } = await run(path.join(folder, 'pg_dump'), ['--version']);
  const binaries = { folder, major: Number(/\(PostgreSQL\) (\d+)/.exec(stdout)![1]) };
  const cluster = clusterOf(directory);
  const account = serverAccount(databaseFolderOf(cluster));
  const plan = { directory, binaries, account, durable: true, log: () => {} };
  await createCluster(plan);
  const { port } = await startPostgres(plan);
  stage.teardown(() => shutDown(databaseFolderOf(cluster), binaries));
  return `postgres://${SUPERUSER}:${readFileSync(passwordFileOf(cluster), 'utf8')}@127.0.0.1:${port}/postgres`;
}

async function head(url: string): Promise<{ sequence: number; hash: string }> {
  return (await fetch(`${url}/v1/log`)).json() as Promise<{ sequence: number; hash: string }>;
}

/** What the read models that came with the dump, and went on there, say otherwise than those made anew from the log. */
async function differences(url: string): Promise<string[]> {
  const { sequence } = await head(url);
  const asked = await fetch(`${url}/v1/actors?minSequence=${sequence}`);
  if (!asked.ok) return [`a question was answered with ${asked.status} ${await asked.text()}`];
  const { id } = (await (await send(url, '/v1/projections/all/rebuilds', { dryRun: true })).json()) as { id: number };
  const rebuild = await waitUntil(async () => {
    const found: any = await (await fetch(`${url}/v1/rebuilds/${id}`)).json();
    return found.state !== 'running' && found;
  }, PATIENCE_MS);
  if (rebuild?.state !== 'compared')
    return [`the rebuild was to be compared, and is ${rebuild?.state ?? 'still running'}`];
  return rebuild.comparison.equal ? [] : ['the read models say something else than those made anew'];
}
