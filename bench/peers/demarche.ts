// Demarche as its own server uses it: every event is validated, judged, chained, and known by its id.
import { connect } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import type { LogDatabase, LogStore } from '../../src/events/log-database.ts';
import { readAfter } from '../../src/events/read-log.ts';
import { Recorder } from '../../src/events/recorder.ts';
import { RegistryMemory } from '../../src/events/registry-memory.ts';
import { cast } from '../statements.ts';
import { CONNECTIONS, type MeasuredLog } from './measured-log.ts';

export async function prepare(url: string): Promise<void> {
  const db = connect(url, { max: 1 });
  await migrate(db);
  await db.destroy();
  const log = await open(url);
  await log.appendTogether(cast());
  await log.close();
}

export async function open(url: string): Promise<MeasuredLog> {
  const db = connect<LogDatabase>(url, { max: CONNECTIONS });
  const log: LogStore = { db, schema: 'log' };
  const registry = new RegistryMemory(log);
  await registry.refresh();
  const recorder = new Recorder({ log, registry });
  const appendTogether = async (events: NewEvent[]) => {
    const submissions = events.map((event) => ({ event, recordedBy: 'bench' }));
    const outcomes = await recorder.record(submissions, { atomic: events.length > 1 });
    const failed = outcomes.find(({ status }) => status !== 'recorded');
    if (failed) throw new Error(`An event was not recorded: ${JSON.stringify(failed)}`);
  };
  return {
    append: (event) => appendTogether([event]),
    appendTogether,
    readAfter: async (position, limit) =>
      (await readAfter(log, position, limit)).map(({ id, sequence, data }) => ({ id, position: sequence, data })),
    close: () => db.destroy(),
  };
}
