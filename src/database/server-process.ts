// The PostgreSQL process of a database folder, as its postmaster.pid tells of it: whether it runs, and how to end it.
import { execFile } from 'node:child_process';
import { linkSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { executable, type PostgresBinaries } from './postgres-binaries.ts';
import { waitUntil } from './wait-until.ts';

export type ServerProcess = { pid: number; port: number; ready: boolean };

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The server running on this database folder, if there is one. */
export function serverOf(folder: string): ServerProcess | undefined {
  const lines = linesOf(path.join(folder, 'postmaster.pid'));
  // Line 1 is the process id, 4 the port, 8 the state; the last is written only once the server is up.
  const pid = Number(lines[0]);
  if (!pid || !isAlive(pid) || worksElsewhere(pid, folder)) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.startsWith('ready') ?? false };
}

/** After a crash the process id may have gone to any other process. A server works inside its own folder. */
function worksElsewhere(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(folder);
  } catch (cause) {
    // Root can look at every process, and a server of ours runs under our own account otherwise; ENOENT: just ended.
    return ['EACCES', 'ENOENT'].includes((cause as NodeJS.ErrnoException).code ?? '');
  }
}

/** PostgreSQL itself refuses to start while the id it left behind belongs to any process of the same account. */
export function forgetDeadServer(folder: string): void {
  const file = path.join(folder, 'postmaster.pid');
  const pid = Number(linesOf(file)[0]);
  if (!pid || !isAlive(pid) || serverOf(folder)) return;
  const aside = `${file}.${process.pid}`;
  renameSync(file, aside);
  // Another starter's file, put there between the look and the rename, goes back.
  if (Number(linesOf(aside)[0]) !== pid) linkSync(aside, file);
  rmSync(aside);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Ends the server: sessions are cut off, everything committed is written out, and the process is gone. */
export async function shutDown(folder: string, binaries: PostgresBinaries): Promise<void> {
  const server = serverOf(folder);
  if (!server) return;
  if (process.platform === 'win32') {
    const options = ['stop', '--mode=fast', '--wait', `--pgdata=${folder}`];
    await promisify(execFile)(executable(binaries, 'pg_ctl'), options);
    return;
  }
  process.kill(server.pid, 'SIGINT');
  await waitUntil(() => serverOf(folder)?.pid !== server.pid);
}
