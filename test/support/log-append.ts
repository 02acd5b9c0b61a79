// Appends by the database's own function, as any writer of the log must, and without anything of Demarche between.
import type { ClientBase } from 'pg';
import { contentHashOf } from './log-hashes.ts';
import { idOf } from './log-submissions.ts';

/** An item as `append` takes it; the tests say only what matters to them. */
export interface Item {
  id: string;
  stream: string;
  type: string;
  type_version: number;
  occurred: string;
  content: { data: object };
  content_hash: string;
  recorded_by: string;
  [more: string]: unknown;
}

export interface Result {
  item: number;
  outcome: string;
  sequence: number | null;
  stream: string;
  version: number;
}

/** A statement in a stream of its own, unless `more` says otherwise. */
export function item(number: number, more: Partial<Item> = {}): Item {
  const id = idOf(number);
  const { type = 'StatementMade', occurred = '2024-11-15', content = { data: { speaker: 'germany' } } } = more;
  return {
    stream: `statement-${id}`,
    type_version: 1,
    recorded_by: 'the tests',
    ...more,
    id,
    type,
    occurred,
    content,
    content_hash: contentHashOf({ id, type, occurred, ...content }),
  };
}

export async function append(
  connection: ClientBase,
  items: Item[],
  { schema = 'log', known = 0, atomic = false } = {},
): Promise<Result[]> {
  const { rows } = await connection.query<Result>(
    `select item, outcome, sequence::int, stream, version from ${schema}.append($1::json, $2::bigint, $3)`,
    [JSON.stringify(items), known, atomic],
  );
  return rows;
}
