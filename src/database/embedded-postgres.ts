// A real PostgreSQL of Demarche's own, for running alone, developing and testing. Nothing acknowledged is lost when
// Demarche or PostgreSQL is killed; only this machine reaches it, and only with the password.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createCluster, SUPERUSER } from './create-cluster.ts';
import { clusterOf, databaseFolderOf, passwordFileOf, placeData } from './data-place.ts';
import { claimOwnership } from './ownership.ts';
import { findPostgres } from './postgres-binaries.ts';
import { serverAccount } from './server-account.ts';
import { serverOf, shutDown } from './server-process.ts';
import { startPostgres } from './start-postgres.ts';

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

/** `durable: false` trades safety from crashes for speed: for data that is thrown away. */
export async function startEmbeddedPostgres(
  dataDirectory: string,
  options: { durable?: boolean; log?: (line: string) => void } = {},
): Promise<EmbeddedPostgres> {
  const { durable = true, log = () => {} } = options;
  const directory = await placeData(dataDirectory, log);
  const cluster = clusterOf(directory);
  const folder = databaseFolderOf(cluster);
  const account = serverAccount(folder);
  const binaries = await findPostgres(account, majorVersionOf(folder));
  const plan = { directory, binaries, account, durable, log };

  await createCluster(plan);
  const password = readPassword(passwordFileOf(cluster));
  for (;;) {
    const { port, startedHere } = await startPostgres(plan);
    const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
    const isRunning = () => serverOf(folder)?.ready ?? false;
    const ownership = await claimOwnership(url, isRunning).catch(async (cause: unknown) => {
      if (startedHere) await shutDown(folder, binaries);
      throw cause;
    });
    if (!ownership) continue;
    const owner = ownership.isHeld();
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      // A lock lost with its server may be another process's by now, and so may a server that runs again.
      if (ownership.isHeld()) await shutDown(folder, binaries);
      await ownership.release();
    };
    return { url, directory, owner, takenOver: owner && !startedHere, stop: () => (stopping ??= stop()) };
  }
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
