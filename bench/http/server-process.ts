// A server that is measured, as a process of its own, beside what it costs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cost } from './observe.ts';

const OBSERVE = join(import.meta.dirname, 'observe.ts');

export interface ServerProcess {
  url: string;
  /** What it has cost since it was asked before. */
  cost(): Promise<Cost>;
  stop(): Promise<void>;
}

/** Starts a script and waits until it says where it listens. */
export async function startServerProcess(script: string, settings: Record<string, string>): Promise<ServerProcess> {
  const child = fork(script, {
    execArgv: ['--import', OBSERVE],
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let said = '';
  for await (const part of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += part;
    const url = /http:\/\/[\d.:]+/.exec(said)?.[0];
    if (url === undefined) continue;
    child.stdout!.resume();
    return {
      url,
      async cost() {
        child.send('cost');
        const [cost] = (await once(child, 'message')) as [Cost];
        return cost;
      },
      async stop() {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      },
    };
  }
  throw new Error(`${script} did not start.`);
}
