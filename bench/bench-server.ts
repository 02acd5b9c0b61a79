// The durable server that a benchmark runs on, in a folder that is thrown away unless it was asked to be kept.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/database/embedded-postgres.ts';

export interface BenchServer extends EmbeddedPostgres {
  /** For files of the benchmark's own. */
  folder: string;
  /** Stops the server, and removes what it kept unless that is to be kept. */
  stop: () => Promise<void>;
}

export async function startBenchServer(kept?: string): Promise<BenchServer> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'demarche-bench-')));
  if (kept) await mkdir(kept, { recursive: true });
  // Run by root, the server is another user's, who must be able to enter.
  else await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres(folder);
  return {
    ...server,
    folder,
    async stop() {
      await server.stop();
      if (kept) return;
      await rm(server.directory, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
