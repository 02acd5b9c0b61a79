// Runs tap on the Node of this process, with its live display on a terminal and plain lines elsewhere, and keeps the
// report it writes for machines.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { PlainReporter } from './plain-reporter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const TAP = path.join(root, 'node_modules/tap/dist/esm/run.mjs');

let running: ChildProcess | undefined;
let stopped: NodeJS.Signals | undefined;

/** Passes a signal on to tap, now or as soon as it would start. */
export function stopTap(signal: NodeJS.Signals): void {
  stopped = signal;
  running?.kill(signal);
}

export async function runTap(
  tapArguments: string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ exitCode: number; report: string }> {
  if (stopped) return { exitCode: 128 + constants.signals[stopped], report: '' };
  const env = {
    ...process.env,
    ...environment,
    NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/node'),
  };
  const choosesReporter = tapArguments.some((argument) => /^(-R|--reporter)/.test(argument));
  return process.stdout.isTTY || choosesReporter ? runLive(tapArguments, env) : runPlain(tapArguments, env);
}

async function runLive(tapArguments: string[], env: NodeJS.ProcessEnv) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'demarche-tap-'));
  const record = path.join(scratch, 'report.tap');
  try {
    const tap = spawn(process.execPath, [TAP, `--output-file=${record}`, ...tapArguments], {
      cwd: root,
      stdio: 'inherit',
      env,
    });
    const exitCode = await ended(tap);
    return { exitCode, report: await readFile(record, 'utf8').catch(() => '') };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runPlain(tapArguments: string[], env: NodeJS.ProcessEnv) {
  const tap = spawn(process.execPath, [TAP, '--reporter=tap', ...tapArguments], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
    env,
  });
  let report = '';
  tap.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
  const shown = pipeline(tap.stdout, new PlainReporter(), process.stdout, { end: false });
  const exitCode = await ended(tap);
  await shown;
  return { exitCode, report };
}

/** The exit code as a shell gives it, once everything tap wrote has been read. */
function ended(tap: ChildProcess): Promise<number> {
  running = tap;
  return new Promise((resolve, reject) => {
    tap.once('error', reject);
    tap.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
