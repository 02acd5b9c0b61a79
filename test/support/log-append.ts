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
  guards?: string[];
  /** Items of the same group, counted from 0. */
  needs?: number[];
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
  const all = <T>(of: (item: Item, place: number) => T) => items.map(of);
  const each = (part: string) => all((one) => one[part] ?? null);
  // The item's number, from 1, beside each of the streams or items that it names.
  const guards = all(({ guards: streams = [] }, place) =>
    streams.map((stream) => ({ number: place + 1, stream })),
  ).flat();
  const needs = all(({ needs: places = [] }, place) => places.map((other) => ({ number: place + 1, other }))).flat();
  const values = {
    ids: each('id'),
    streams: each('stream'),
    types: each('type'),
    type_versions: each('type_version'),
    corrections: each('corrects'),
    occurrences: each('occurred'),
    contents: JSON.stringify(each('content')),
    content_hashes: all(({ content_hash }) => `\\x${content_hash}`),
    recorders: each('recorded_by'),
    expected: each('expected'),
    requests: each('request'),
    guarded: guards.map(({ number }) => number),
    guards: guards.map(({ stream }) => stream),
    needing: needs.map(({ number }) => number),
    needed: needs.map(({ other }) => other + 1),
    known,
    atomic,
  };
  const named = Object.keys(values).map((name, n) => `${name} => $${n + 1}`);
  const { rows } = await connection.query<Result>(
    `select item, outcome, sequence::int, stream, version from ${schema}.append(${named.join()})`,
    Object.values(values),
  );
  return rows;
}
