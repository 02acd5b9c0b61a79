// Message DB, a log in server functions, which has no client for Node of its own: its functions are called as they are.
// It keeps an order within a category only: here all statements are one, so that one reader can follow them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import type { NewEvent } from '../../src/domain/event.ts';
import { CONNECTIONS, type MeasuredLog } from './measured-log.ts';

const CATEGORY = 'statement';

// In the order of install.sh and of the scripts that it calls, the database being there already.
const INSTALLED = [
  'roles/message-store',
  'schema/message-store',
  'extensions/pgcrypto',
  'tables/messages',
  'types/message',
  ...functions('message-store-version', 'hash-64', 'acquire-lock', 'category', 'is-category', 'id', 'cardinal-id'),
  ...functions('stream-version', 'write-message', 'get-stream-messages', 'get-category-messages'),
  ...functions('get-last-stream-message'),
  ...['messages-id', 'messages-stream', 'messages-category'].map((name) => `indexes/${name}`),
  ...['stream', 'type', 'stream-type', 'type-stream', 'category-type', 'type-category'].map(
    (name) => `views/${name}-summary`,
  ),
  ...['schema', 'table', 'sequence', 'functions', 'views'].map((name) => `privileges/${name}`),
];

export async function prepare(url: string): Promise<void> {
  const pool = openPool(url);
  for (const name of INSTALLED) {
    const file = join(import.meta.dirname, 'node_modules/@eventide/message-db/database', `${name}.sql`);
    await pool.query(await readFile(file, 'utf8'));
  }
  await pool.end();
}

export const open = opener(() => CATEGORY);

/** The streams in as many categories as there are issues: it locks a category for each write, so these are written side by side. */
export const openByIssue = opener(({ stance }) => stance!.issue.replace('-', ''));

function opener(categoryOf: (event: NewEvent) => string) {
  return async (url: string): Promise<MeasuredLog> => {
    const pool = openPool(url);
    const streamOf = (event: NewEvent) => `${categoryOf(event)}-${event.id}`;
    return {
      async append(event) {
        await pool.query('select write_message($1, $2, $3, $4)', [
          event.id,
          streamOf(event),
          event.type,
          dataOf(event),
        ]);
      },
      async appendTogether(events) {
        await pool.query(
          `select write_message(id, stream, type, data)
             from unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::jsonb[]) as message (id, stream, type, data)`,
          [events.map(({ id }) => id), events.map(streamOf), events.map(({ type }) => type), events.map(dataOf)],
        );
      },
      async readAfter(position, limit) {
        const { rows } = await pool.query<Row>(
          'select id, global_position, data from get_category_messages($1, $2, $3)',
          [CATEGORY, position + 1, limit],
        );
        return rows.map((row) => ({ id: row.id, position: Number(row.global_position), data: JSON.parse(row.data) }));
      },
      close: () => pool.end(),
    };
  };
}

interface Row {
  id: string;
  global_position: string;
  data: string;
}

function functions(...names: string[]): string[] {
  return names.map((name) => `functions/${name}`);
}

function openPool(url: string): Pool {
  // Its functions name its tables and each other without their schema.
  return new Pool({ connectionString: url, max: CONNECTIONS, options: '-c search_path=message_store,public' });
}

function dataOf(event: NewEvent): string {
  const { id: _, type: __, ...data } = event;
  return JSON.stringify(data);
}
