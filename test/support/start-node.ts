// A Node process as a user would start it. Tap loads itself into every process it can reach, through NODE_OPTIONS set
// behind the back of spawn: it costs half a second, and programs that mix module systems fail under it.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export function startNode(
  nodeArguments: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): ChildProcessWithoutNullStreams {
  return spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...nodeArguments], {
    ...options,
    stdio: 'pipe',
  });
}

/** Everything the process writes to the end, and how it ended. */
export function outcome(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string; complaint: string }> {
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output, complaint }));
  });
}
