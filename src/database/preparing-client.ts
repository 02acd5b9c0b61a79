// A connection that has the statements which ask for it planned once, and not anew each time they are asked.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { Client, type QueryResult } from 'pg';

const MARK = '/* prepared */';

/**
 * Begins a statement that is asked often, of which there are few different texts, and whose plan does not depend on its values:
 * outside of transactions only. Planning one of several parts takes four times as long as answering it.
 */
export const prepared = sql.raw(MARK);

/** So many statements are kept by a connection, at most; those of read models that were replaced are forgotten with the connection. */
const MOST_STATEMENTS = 100;

/** invalid_sql_statement_name, duplicate_prepared_statement: a proxy between gives each transaction another connection. */
const NOT_THERE = ['26000', '42P05'];

/** feature_not_supported, "cached plan must not change result type": a migration has changed a table meanwhile. */
const CHANGED = '0A000';

const names = new Map<string, string>();
let isPooled = false;

export class PreparingClient extends Client {
  readonly #prepared = new Set<string>();

  override query(...args: any[]): any {
    const [text, values, ...rest] = args;
    const query = super.query.bind(this) as (...args: unknown[]) => any;
    if (isPooled || typeof text !== 'string' || rest.length > 0 || !text.startsWith(MARK)) return query(...args);
    const name = nameOf(text);
    if (!this.#prepared.has(name) && this.#prepared.size >= MOST_STATEMENTS) return query(...args);
    this.#prepared.add(name);
    return (query({ name, text, values }) as Promise<QueryResult>).catch((error: { code?: string }) => {
      const { code = '' } = error;
      if (code !== CHANGED && !NOT_THERE.includes(code)) throw error;
      isPooled ||= code !== CHANGED;
      return query(text, values);
    });
  }
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    if (names.size > 10 * MOST_STATEMENTS) names.clear();
    names.set(text, (name = createHash('sha1').update(text).digest('hex')));
  }
  return name;
}
