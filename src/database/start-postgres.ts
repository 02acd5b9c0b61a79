// Gets a server running on a database folder: the one already there, or a new one. Of several processes that try at
// once PostgreSQL lets one through, and the others find its server. A start that fails leaves no process behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { ClusterPlan } from './create-cluster.ts';
import { clusterOf, databaseFolderOf, passwordFileOf } from './data-place.ts';
import { executable } from './postgres-binaries.ts';
import { serverEnvironment } from './server-account.ts';
import { forgetDeadServer, type ServerProcess, serverOf } from './server-process.ts';
import { waitUntil } from './wait-until.ts';

const LOG_LIMIT = 10_000_000;
const ATTEMPTS = 5;

export type Started = { port: number; startedHere: boolean };

/** On a free port, unless it must be one that clients know already. */
export async function startPostgres(plan: ClusterPlan, wantedPort?: number): Promise<Started> {
  const folder = databaseFolderOf(clusterOf(plan.directory));
  for (let attempt = 1; ; attempt++) {
    const running = await readyServer(folder, plan);
    if (running) return { port: running.port, startedHere: false };

    forgetDeadServer(folder);
    const port = wantedPort ?? (await freePort());
    const { child, output } = spawnServer(plan, folder, port);
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended = signal ? `ended by ${signal}` : `exit code ${code}`));
    await waitUntil(() => ended !== undefined || isReady(folder, child));
    if (ended === undefined) return { port, startedHere: true };
    // Another process may have been quicker with the server, or with the port: both are worth another look.
    if (attempt < ATTEMPTS && (serverOf(folder) || !(await isFree(port)))) continue;
    throw new Error(
      `PostgreSQL could not be started in ${plan.directory} (${ended}). The end of its log, ${output.file}:\n` +
        `${output.tail()}\nPut right what it complains of and start again, or set DATABASE_URL to a PostgreSQL server.`,
    );
  }
}

/** Waits while a server comes up or shuts down; a recovery after a crash takes as long as it takes. */
async function readyServer(folder: string, plan: ClusterPlan): Promise<ServerProcess | undefined> {
  const look = () => {
    const server = serverOf(folder);
    return server ? server.ready && server : ('none' as const);
  };
  let seen = await waitUntil(look, 5_000);
  if (!seen) plan.log('Waiting for PostgreSQL: it is still starting, shutting down, or recovering from a crash');
  seen ??= await waitUntil(look);
  return seen === 'none' ? undefined : seen;
}

const isReady = (folder: string, child: ChildProcess): boolean => {
  const server = serverOf(folder);
  return server !== undefined && server.pid === child.pid && server.ready;
};

function spawnServer({ directory, binaries, account, durable }: ClusterPlan, folder: string, port: number) {
  const file = path.join(directory, 'server.log');
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) renameSync(file, `${file}.1`);
  const log = openSync(file, 'a', 0o600);
  const begin = statSync(file).size;
  // Run once as root, a folder of another user's stays usable for that user.
  const owner = statSync(passwordFileOf(clusterOf(directory)));
  if (process.getuid?.() === 0) fchownSync(log, owner.uid, owner.gid);

  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=64MB']),
  ];
  const child = spawn(
    executable(binaries, 'postgres'),
    ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
    { ...account, cwd: folder, detached: true, stdio: ['ignore', log, log], env: serverEnvironment() },
  );
  closeSync(log);
  child.unref();
  const tail = () => readFileSync(file).subarray(begin).toString().trimEnd().split('\n').slice(-15).join('\n');
  return { child, output: { file, tail } };
}

const freePort = (): Promise<number> => listen(0);
const isFree = (port: number): Promise<boolean> =>
  listen(port).then(
    () => true,
    () => false,
  );

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: given } = server.address() as net.AddressInfo;
      server.close(() => resolve(given));
    });
  });
}
