// The processes of a PostgreSQL server, and what may become of them.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { waitUntil } from '../src/database/wait-until.ts';
import { serverOf } from '../src/database/server-process.ts';

/** The folder of the database itself, under a data folder. */
const databaseIn = (directory: string): string => path.join(directory, 'cluster/postgres');

/** The server's own process, as soon as it takes connections. */
export async function postmasterOf(directory: string): Promise<number> {
  const found = await waitUntil(() => {
    const server = serverOf(databaseIn(directory));
    return server?.ready && server.pid;
  }, 60_000);
  if (!found) throw new Error(`No PostgreSQL runs on ${directory}; one was expected within a minute.`);
  return found;
}

/** The processes that a process has begun, as Linux tells them. */
export async function childrenOf(parent: number): Promise<{ pid: number; title: string }[]> {
  const found: { pid: number; title: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // It may have ended since it was listed.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [, ppid] = /^\d+ \(.*\) \S (\d+)/s.exec(stat) ?? [];
    if (Number(ppid) !== parent) continue;
    const title = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(name), title: title.replaceAll('\0', ' ').trim() });
  }
  return found;
}

/** The server with all that it has begun. */
export async function processesOf(directory: string): Promise<number[]> {
  const postmaster = await postmasterOf(directory);
  const children = await childrenOf(postmaster);
  return [postmaster, ...children.map(({ pid }) => pid)];
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
