// The disk under the embedded database is full for a while: a small one in memory, which only root can mount.
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { startPosting } from './posting.ts';
import { scratchFolder, startDemarche } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

const run = promisify(execFile);

/** Room for what PostgreSQL writes ahead of 10,000 events. */
const SIZE = '700m';
const FULL_MS = 5_000;

export const diskFull: Fault = {
  name: 'disk-full',
  what: 'the disk of the embedded PostgreSQL is full for five seconds after the first refusal',
  async run(stage) {
    const mount = path.join(await scratchFolder(stage), 'disk');
    await mkdir(mount, { mode: 0o711 });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=711`, 'demarche-fault', mount]);
    } catch (error) {
      return `no small disk can be mounted here (${(error as Error).message.trim().split('\n').at(-1)})`;
    }
    stage.teardown(() => run('umount', ['--lazy', mount]));
    const trials: Trial[] = [];
    for (let turn = 0; turn < stage.times; turn++) {
      const directory = path.join(mount, `data-${turn}`);
      const server = await startDemarche(stage, { DATA_DIR: directory });
      const { url: database } = await startEmbeddedPostgres(directory);
      const posting = await startPosting(server.url, { posts: stage.posts });
      await posting.reaches(stage.posts / 3);
      const ballast = path.join(mount, 'ballast');
      await fill(ballast);
      const refused = await waitUntil(() => posting.unavailable() > 0, 30_000);
      await pause(FULL_MS);
      await rm(ballast);
      const trial = await examine(database, posting);
      if (!refused) trial.wrong.push('nobody was told that there is no room');
      trials.push(trial);
      const { code } = await server.end('SIGTERM');
      if (code !== 0) trial.wrong.push(`told to stop, Demarche ended with ${code}: ${server.complaints().slice(-500)}`);
      await rm(directory, { recursive: true });
    }
    return together(trials);
  },
};

/** Writes until there is no room for another byte. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (let size = 4_194_304; size >= 1;) {
      try {
        await handle.write(Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    await handle.close();
  }
}
