// A real PostgreSQL of Demarche's own, for running alone, developing and testing. Nothing acknowledged is lost when
// Demarche or PostgreSQL is killed; only this machine reaches it, and only with the password.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ClusterPlan, createCluster, SUPERUSER } from './create-cluster.ts';
import { clusterOf, databaseFolderOf, passwordFileOf, placeData } from './data-place.ts';
import { claimOwnership, type Ownership } from './ownership.ts';
import { findPostgres } from './postgres-binaries.ts';
import { serverAccount } from './server-account.ts';
import { serverOf, shutDown } from './server-process.ts';
import { type Started, startPostgres } from './start-postgres.ts';

const LONGEST_PAUSE_MS = 5_000;

export type EmbeddedPostgres = {
  /** With the password in it: never to be logged. */
  url: string;
  /** Where the data really is, which may not be where it was wanted. */
  directory: string;
  /** Whether this process, and no other, may run on the data. */
  owner: boolean;
  /** Whether this process owns a server that was running already: its last owner died. */
  takenOver: boolean;
  /** Shuts the server down if this process is the owner; otherwise only lets go of it. */
  stop: () => Promise<void>;
};

interface EmbeddedOptions {
  /** False trades safety from crashes for speed: for data that is thrown away. */
  durable?: boolean;
  /** Whether the owner starts the server again, at the same address, whenever it has died. */
  keepRunning?: boolean;
  log?: (line: string) => void;
  warn?: (line: string) => void;
}

export async function startEmbeddedPostgres(
  dataDirectory: string,
  { durable = true, keepRunning = false, log = () => {}, warn = log }: EmbeddedOptions = {},
): Promise<EmbeddedPostgres> {
  const directory = await placeData(dataDirectory, log);
  const cluster = clusterOf(directory);
  const folder = databaseFolderOf(cluster);
  const account = serverAccount(folder);
  const binaries = await findPostgres(account, majorVersionOf(folder));
  const plan = { directory, binaries, account, durable, log };

  await createCluster(plan);
  const password = readPassword(passwordFileOf(cluster));
  const first = await startAndClaim(plan, password);
  let { ownership } = first;
  const owner = ownership.isHeld();
  const stopping = new AbortController();
  const keepOwning = async (): Promise<void> => {
    for (;;) {
      await Promise.race([ownership.lost, aborted(stopping.signal)]);
      if (stopping.signal.aborted) return;
      warn('The embedded PostgreSQL has gone away; it is started again');
      const again = await startAgain(plan, password, first.port, { stopping: stopping.signal, warn });
      if (!again) return;
      ownership = again;
      log('The embedded PostgreSQL is there again');
    }
  };
  const owning = owner && keepRunning ? keepOwning() : Promise.resolve();

  const stop = async () => {
    stopping.abort();
    await owning;
    // A lock lost with its server may be another process's by now, and so may a server that runs again.
    if (ownership.isHeld()) await shutDown(folder, binaries);
    await ownership.release();
  };
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(first.port, password),
    directory,
    owner,
    takenOver: owner && !first.startedHere,
    stop: () => (stopped ??= stop()),
  };
}

interface Claimed extends Started {
  ownership: Ownership;
}

/** Starts the server where none runs, and becomes its owner where nobody else is. */
async function startAndClaim(plan: ClusterPlan, password: string, wantedPort?: number): Promise<Claimed> {
  const folder = databaseFolderOf(clusterOf(plan.directory));
  for (;;) {
    const started = await startPostgres(plan, wantedPort);
    const isRunning = () => serverOf(folder)?.ready ?? false;
    const ownership = await claimOwnership(urlOf(started.port, password), isRunning).catch(async (cause: unknown) => {
      if (started.startedHere) await shutDown(folder, plan.binaries);
      throw cause;
    });
    if (ownership) return { ...started, ownership };
  }
}

/** Tries until the server runs at its former address and this process owns it again; undefined where it is to stop before. */
async function startAgain(
  plan: ClusterPlan,
  password: string,
  port: number,
  { stopping, warn }: { stopping: AbortSignal; warn: (line: string) => void },
): Promise<Ownership | undefined> {
  for (let attempt = 1; !stopping.aborted; attempt++) {
    try {
      const { ownership, port: found } = await startAndClaim(plan, password, port);
      if (ownership.isHeld() && found === port) return ownership;
      // Somebody else has started it elsewhere meanwhile: it is moved back once they are gone.
      if (ownership.isHeld()) await shutDown(databaseFolderOf(clusterOf(plan.directory)), plan.binaries);
      else warn('Another process runs on the data meanwhile; waiting for it to end');
      await ownership.release();
    } catch (error) {
      warn((error as Error).message);
    }
    // What a killed server leaves behind ends within moments; a disk that is full may stay so for hours.
    await pause(Math.min(2 ** attempt * 50, LONGEST_PAUSE_MS), undefined, { signal: stopping }).catch(() => {});
  }
  return undefined;
}

const urlOf = (port: number, password: string) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Who listens too late is told nothing.
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function majorVersionOf(folder: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path.join(folder, 'PG_VERSION'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `The database password could not be read (${(cause as Error).message}). ` +
        'Only the user who first started Demarche on this data folder can open it: start as that user.',
      { cause },
    );
  }
}
