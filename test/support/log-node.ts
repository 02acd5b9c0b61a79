// One node of several: a recorder with a memory and connections of its own, on a log to which others write as well.
import type { KyselyPlugin } from 'kysely';
import type { Test } from 'tap';
import { connect } from '../../src/database/connect.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import type { Outcome, Submission } from '../../src/events/submission.ts';

type Options = Omit<ConstructorParameters<typeof Recorder>[0], 'log' | 'registry'> & { schema?: string };

export interface LogNode {
  log: LogStore;
  registry: RegistryMemory;
  recorder: Recorder;
  record(...submissions: Submission[]): Promise<Outcome[]>;
  /** All or nothing. */
  recordAll(...submissions: Submission[]): Promise<Outcome[]>;
  /**
   * Does something in the midst of the work: when the database has answered that many queries of this node, and before the
   * node hears of the last answer. False where the work was done with fewer.
   */
  interrupted(queries: number, action: () => Promise<void>, work: () => Promise<void>): Promise<boolean>;
}

export async function openNode(t: Test, url: string, { schema = 'log', ...options }: Options = {}): Promise<LogNode> {
  let queriesLeft = 0;
  let action = async () => {};
  const interruption: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (--queriesLeft === 0) await action();
      return result;
    },
  };
  const db = connect<LogDatabase>(url, { max: 4, applicationName: 'node' }).withPlugin(interruption);
  t.teardown(() => db.destroy());
  const log = { db, schema };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const recorder = new Recorder({ log, registry, now: () => new Date('2024-11-20T12:00:00Z'), ...options });
  return {
    log,
    registry,
    recorder,
    record: (...submissions) => recorder.record(submissions),
    recordAll: (...submissions) => recorder.record(submissions, { atomic: true }),
    interrupted: async (queries, what, work) => {
      queriesLeft = queries;
      action = what;
      await work();
      const happened = queriesLeft <= 0;
      queriesLeft = 0;
      return happened;
    },
  };
}
