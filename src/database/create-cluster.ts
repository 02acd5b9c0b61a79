// Creates the database folder and its password, once. It is made beside its place and renamed into it, so a start
// that was killed leaves nothing half made, and of any number of first starts exactly one is kept.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { clusterOf, databaseFolderOf, passwordFileOf } from './data-place.ts';
import { executable, type PostgresBinaries } from './postgres-binaries.ts';
import { serverEnvironment, type ServerAccount } from './server-account.ts';
import { isAlive } from './server-process.ts';
import { waitUntil } from './wait-until.ts';

const run = promisify(execFile);
const UNFINISHED = /^unfinished-(\d+)-/;
const PATIENCE = 60_000;

export const SUPERUSER = 'demarche';

export type ClusterPlan = {
  directory: string;
  binaries: PostgresBinaries;
  account: ServerAccount;
  durable: boolean;
  log: (line: string) => void;
};

export async function createCluster(plan: ClusterPlan): Promise<void> {
  const cluster = clusterOf(plan.directory);
  if (!existsSync(cluster) && underway(plan.directory).length > 0) {
    plan.log('Waiting for another process to finish creating the database');
    // Waiting only saves work. What keeps two first starts apart is the rename, so a wrong guess does no harm.
    await waitUntil(() => existsSync(cluster) || underway(plan.directory).length === 0);
  }
  if (!existsSync(cluster)) await create(plan, cluster);
  const kept = new Set(underway(plan.directory));
  for (const name of unfinished(plan.directory)) {
    if (!kept.has(name)) await rm(path.join(plan.directory, name), { recursive: true, force: true });
  }
}

const unfinished = (directory: string): string[] => readdirSync(directory).filter((name) => UNFINISHED.test(name));

/** Unfinished folders whose maker still runs. Process ids come round again, hence the age. */
function underway(directory: string): string[] {
  return unfinished(directory).filter((name) => {
    const made = statSync(path.join(directory, name), { throwIfNoEntry: false });
    return made && Date.now() - made.mtimeMs < PATIENCE && isAlive(Number(UNFINISHED.exec(name)?.[1]));
  });
}

async function create(plan: ClusterPlan, cluster: string): Promise<void> {
  plan.log(`Creating a PostgreSQL ${plan.binaries.major} database in ${cluster}`);
  const draft = path.join(plan.directory, `unfinished-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await initialise(plan, draft);
    await rename(draft, cluster);
    if (plan.durable) await flush(plan.directory);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true, maxRetries: 3 });
    // ENOTEMPTY from the rename, or anything at all from a draft swept away: another first start was quicker.
    if (existsSync(cluster)) return;
    throw new Error(
      `The database could not be created in ${plan.directory}: ${reason(cause)}\nThe folder must be writable and on ` +
        'a disk with about 100 MB free. Set DATA_DIR to such a folder, or DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

async function initialise({ binaries, account, durable }: ClusterPlan, draft: string): Promise<void> {
  const folder = databaseFolderOf(draft);
  const initial = path.join(draft, 'initial-password');
  const password = randomBytes(24).toString('base64url');
  await mkdir(draft, { mode: 0o700 });
  await mkdir(folder, { mode: 0o700 });
  await writeFile(passwordFileOf(draft), password, { mode: 0o600, flush: durable });
  await writeFile(initial, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    await chmod(draft, 0o711);
    await chown(folder, account.uid, account.gid);
    // initdb opens its password file itself, under an account that cannot open ours nor a pipe of ours.
    await chown(initial, account.uid, account.gid);
  }
  const options = [
    `--pgdata=${folder}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${initial}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    // 17 brought a Unicode collation that no operating system update can change under an index.
    ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
    ...(durable ? [] : ['--no-sync']),
  ];
  await run(executable(binaries, 'initdb'), options, { ...account, cwd: folder, env: serverEnvironment() });
  await rm(initial);
  if (durable) await flush(draft);
}

/** A rename survives a power cut only once its folder has been written out. */
async function flush(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function reason(cause: unknown): string {
  const { stderr, message } = cause as Error & { stderr?: string };
  return (stderr?.trim() || message).split('\n').slice(-5).join('\n');
}
