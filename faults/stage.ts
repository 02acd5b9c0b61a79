// What a fault is tried on: databases of its own, and a Demarche as a process of its own, at an address that it keeps when it is
// started again. Everything is taken down when the fault is over.
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitUntil } from '../src/database/wait-until.ts';
import { outcome, startNode } from '../test/support/start-node.ts';

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts');
const START_MS = 60_000;

export interface Stage {
  /** Called when the fault is over, the last one first. */
  teardown(undo: () => unknown): void;
  /** The address of an empty database on a server that lasts. */
  database(): Promise<string>;
  /** How many times the fault is tried. */
  times: number;
  /** How many events are posted meanwhile, each time. */
  posts: number;
}

/** A folder that any user can enter, because PostgreSQL does not run as root. */
export async function scratchFolder(stage: Pick<Stage, 'teardown'>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'demarche-fault-'));
  await chmod(folder, 0o711);
  stage.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export interface DemarcheProcess {
  url: string;
  /** Everything it has complained of so far. */
  complaints(): string;
  /** Sends a signal and answers how long it took to end, in milliseconds, and its exit code. */
  end(signal: NodeJS.Signals): Promise<{ milliseconds: number; code: number | null }>;
  /** Starts it once more, at the same address. */
  startAgain(): Promise<void>;
  /** Megabytes that it keeps in memory. */
  memory(): Promise<number>;
}

export async function startDemarche(
  stage: Pick<Stage, 'teardown'>,
  settings: Record<string, string>,
): Promise<DemarcheProcess> {
  const { PATH, HOME } = process.env;
  const port = await freePort();
  let complaints = '';
  const start = async () => {
    const child = startNode([MAIN], {
      cwd: tmpdir(),
      env: { PATH, HOME, PORT: String(port), LOG_LEVEL: 'warn', ...settings },
    });
    let said = '';
    child.stdout.on('data', (part: string) => (said += part));
    child.stderr.on('data', (part: string) => (complaints += part));
    const ended = outcome(child);
    const isUp = () => said.includes('Ctrl-C');
    await waitUntil(() => isUp() || child.exitCode !== null, START_MS);
    if (isUp()) return { child, ended };
    child.kill('SIGKILL');
    throw new Error(`Demarche did not start: ${complaints}`);
  };
  let running = await start();
  stage.teardown(async () => {
    // Its own end takes an embedded database with it.
    running.child.kill('SIGTERM');
    await waitUntil(() => running.child.exitCode !== null || running.child.signalCode !== null, START_MS);
    running.child.kill('SIGKILL');
    await running.ended;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    complaints: () => complaints,
    async end(signal) {
      const since = performance.now();
      running.child.kill(signal);
      const { code } = await running.ended;
      return { milliseconds: performance.now() - since, code };
    },
    async startAgain() {
      running = await start();
    },
    memory: async () => residentMegabytes(running.child.pid!),
  };
}

/** As Linux counts it; elsewhere the memory is not watched. */
async function residentMegabytes(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
