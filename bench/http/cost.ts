// What recording costs beside time: processor, disk and memory, read models and all.
import { sql } from 'kysely';
import { connect } from '../../src/database/connect.ts';
import { statement } from '../statements.ts';
import { CALLERS, drive, JSON_TYPE } from './load.ts';
import type { Stage } from './stage.ts';

export interface CostOfRecording {
  /** Microseconds of a processor an event: until it was answered, and with the read models once they reflected it. */
  cpu: { server: number; database: number; serverInAll: number; databaseInAll: number };
  /** Bytes on disk an event, indexes included. */
  bytes: { log: number; readModels: number };
  /** Megabytes that the server holds, and the milliseconds that its event loop was held up under load. */
  megabytes: { idle: number; busy: number };
  pause: { p99: number; longest: number };
}

export async function costOf(stage: Stage, count: number): Promise<CostOfRecording> {
  const { demarche } = stage;
  await stage.settle();
  await demarche.cost();
  const databaseBefore = await stage.databaseCpu();
  let left = count;
  const next = () => ({
    method: 'POST' as const,
    path: '/v1/events',
    headers: JSON_TYPE,
    body: JSON.stringify(statement()),
  });
  await drive(demarche.url, CALLERS, 201, () => (left-- > 0 ? next() : undefined));
  const answered = await demarche.cost();
  const databaseAnswered = await stage.databaseCpu();
  await stage.settle();
  const settled = await demarche.cost();
  const databaseSettled = await stage.databaseCpu();
  const microseconds = (seconds: number) => (seconds / count) * 1e6;
  return {
    cpu: {
      server: microseconds(answered.cpu),
      database: microseconds(databaseAnswered - databaseBefore),
      serverInAll: microseconds(answered.cpu + settled.cpu),
      databaseInAll: microseconds(databaseSettled - databaseBefore),
    },
    bytes: await bytesAnEvent(stage.url),
    megabytes: { idle: stage.idleMegabytes, busy: answered.megabytes },
    pause: answered.pause,
  };
}

async function bytesAnEvent(url: string): Promise<CostOfRecording['bytes']> {
  const db = connect(url, { max: 1 });
  const { rows } = await sql<{ log: number; read_models: number }>`
    select sum(pg_total_relation_size(c.oid)) filter (where n.nspname = 'log')::float8 / (select max(sequence) from log.event) as log,
           sum(pg_total_relation_size(c.oid)) filter (where n.nspname <> 'log')::float8 / (select max(sequence) from log.event) as read_models
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and (n.nspname = 'log' or n.nspname like 'log\\_%')`.execute(db);
  await db.destroy();
  return { log: rows[0]!.log, readModels: rows[0]!.read_models };
}
