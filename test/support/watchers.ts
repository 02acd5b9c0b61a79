// Readers and a writer that go on while nodes come and go: what they may meet is a node that was killed, and nothing else.
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import type { ServerNode } from './server-node.ts';

/** A question to every read model, and to none. */
const QUESTIONS = [
  '/v1/actors?limit=3',
  '/v1/issues?limit=3',
  '/v1/events?limit=3',
  '/v1/issues/issue-1/positions?limit=3',
  '/v1/encounters?limit=3',
  '/v1/demands?limit=3',
  '/v1/evidence?limit=3',
  '/v1/projections',
];

export interface Watchers {
  /** What went wrong, each in a sentence. */
  faults: string[];
  answers(): number;
  recorded(): number;
  stop(): Promise<void>;
}

/** Polls all nodes that there are at the time, and records the events one by one on any of them. */
export function watch(t: Test, nodes: () => ServerNode[], next: (count: number) => object[]): Watchers {
  const faults: string[] = [];
  let answers = 0;
  let recorded = 0;
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;

  async function read(question: string): Promise<void> {
    let reached = 0;
    for (let turn = 0; !isStopped(); turn++) {
      const alive = nodes().filter((node) => !node.isKilled());
      const node = alive[turn % alive.length];
      if (node) {
        const fault = (what: string) => faults.push(`${question}: ${what}`);
        try {
          const { items, sequence } = await node.get(question);
          answers++;
          if (items.length === 0) fault('an empty answer');
          if (sequence < reached) fault(`a step back from ${reached} to ${sequence}`);
          const isBuilding = items.some(({ state }: { state?: string }) => state === 'building');
          if (question === '/v1/projections' && isBuilding) fault('a projection that does not answer');
          reached = sequence;
        } catch (error) {
          if (!(node.isKilled() && isRefusal(error))) fault(String((error as Error).cause ?? error));
        }
      }
      await pause(200);
    }
  }

  async function write(): Promise<void> {
    let [event] = next(1);
    for (let turn = 0; !isStopped() && event; turn++) {
      const alive = nodes().filter((node) => !node.isKilled());
      const node = alive[turn % alive.length];
      try {
        if (node) {
          // Sent again after a node was killed, it may have been recorded already; that is answered with success, too.
          await node.post('/v1/events', event);
          recorded++;
          [event] = next(1);
        }
      } catch (error) {
        if (!(node!.isKilled() && isRefusal(error))) {
          faults.push(`recording: ${String((error as Error).cause ?? error)}`);
          [event] = next(1);
        }
      }
      await pause(100);
    }
    if (!isStopped()) faults.push('There were no more events to record.');
  }

  const working = Promise.all([...QUESTIONS.map(read), write()]);
  const stop = async () => {
    stopping.abort();
    await working;
  };
  t.teardown(stop);
  return { faults, answers: () => answers, recorded: () => recorded, stop };
}

/** How fetch fails where a connection is refused or cut. */
function isRefusal(error: unknown): boolean {
  return (error instanceof TypeError && error.message === 'fetch failed') || (error as Error).message === 'terminated';
}
