// One of several nodes on a database: a Demarche as a process of its own, which can be killed and halted as processes are.
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { waitUntil } from '../../src/database/wait-until.ts';
import { outcome, startNode } from './start-node.ts';

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

interface Settings {
  DATABASE_URL: string;
  DIRECT_DATABASE_URL?: string;
}

export interface ServerNode {
  url: string;
  /** All that it has complained of so far. */
  complaints(): string;
  /** Answers once the process has ended. */
  ended: Promise<unknown>;
  /** Sends a signal; after SIGKILL its address is expected to refuse. */
  signal(name: NodeJS.Signals): void;
  isKilled(): boolean;
  /** The body of an answer that is no problem. */
  get(path: string): Promise<any>;
  post(path: string, body: unknown): Promise<any>;
  /** Records events that must all be accepted, and answers the last sequence. */
  record(...events: object[]): Promise<number>;
}

export async function startServerNode(t: Test, settings: Settings): Promise<ServerNode> {
  const { PATH, HOME } = process.env;
  const child = startNode([MAIN], {
    cwd: tmpdir(),
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn', ...settings },
  });
  let said = '';
  let complaints = '';
  let isKilled = false;
  child.stdout.on('data', (part: string) => (said += part));
  child.stderr.on('data', (part: string) => (complaints += part));
  const ended = outcome(child);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await waitUntil(() => said.includes('Ctrl-C') || child.exitCode !== null);
  const url = / {2}API {3}(http:\S+)\/v1\n/.exec(said)?.[1];
  if (url === undefined) throw new Error(`The node did not start: ${complaints}`);

  async function ask(method: string, question: string, body?: unknown): Promise<any> {
    const response = await fetch(`${url}${question}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${question}: ${response.status} ${answer}`);
    return JSON.parse(answer);
  }

  return {
    url,
    ended,
    complaints: () => complaints,
    signal(name) {
      isKilled ||= name === 'SIGKILL';
      child.kill(name);
    },
    isKilled: () => isKilled,
    get: (question) => ask('GET', question),
    post: (question, body) => ask('POST', question, body),
    async record(...events) {
      const { results, sequence } = await ask('POST', '/v1/events/batch', events);
      const refused = results.find(({ status }: { status: string }) => status !== 'recorded');
      if (refused) throw new Error(`It was not recorded: ${JSON.stringify(refused)}`);
      return sequence;
    },
  };
}
