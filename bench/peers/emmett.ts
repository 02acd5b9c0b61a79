// Emmett's event store for PostgreSQL, which makes its own schema; read as its consumers read it, without their checkpoints.
import { dumbo } from '@event-driven-io/dumbo';
import { getPostgreSQLEventStore, readMessagesBatch } from '@event-driven-io/emmett-postgresql';
import { Pool } from 'pg';
import type { NewEvent } from '../../src/domain/event.ts';
import { CONNECTIONS, type MeasuredLog } from './measured-log.ts';

export async function prepare(url: string): Promise<void> {
  const { store, close } = openStore(url);
  await store.schema.migrate();
  await close();
}

export async function open(url: string): Promise<MeasuredLog> {
  const { store, pool, close } = openStore(url);
  // By default a store looks at its first append whether its schema is up to date.
  await store.schema.migrate();
  const appendTogether = async (events: NewEvent[]) => {
    await store.appendToStream(`statement-${events[0]!.id}`, events.map(messageOf));
  };
  return {
    append: (event) => appendTogether([event]),
    appendTogether,
    async readAfter(position, limit) {
      const { messages } = await readMessagesBatch(pool.execute, { after: BigInt(position), batchSize: limit });
      return messages.map(({ data, metadata }) => ({
        id: metadata.messageId,
        position: Number(metadata.globalPosition),
        data,
      }));
    },
    close,
  };
}

function openStore(url: string) {
  const connections = new Pool({ connectionString: url, max: CONNECTIONS });
  const pool = dumbo({ connectionString: url, pool: connections });
  return {
    pool,
    store: getPostgreSQLEventStore(url, { connectionOptions: { dumbo: pool } }),
    close: () => connections.end(),
  };
}

function messageOf({ id, type, ...data }: NewEvent) {
  return { type, data, metadata: { messageId: id } };
}
