// Rows in the text format of COPY, PostgreSQL's fastest way in. https://www.postgresql.org/docs/current/sql-copy.html
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Pool, PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { IDLE_MS } from './runs.ts';
import { columnsOf } from './schema.ts';
import type { Table } from './table.ts';

/** Writes one value, never null, as COPY reads it. */
type Encode = (value: any) => string;

/** Rows of one table on their way, as bytes: text that waits for long is a burden on the garbage collector. */
export class RowLines {
  readonly columns: string[];
  readonly #encoders: Encode[];
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** What was handed out before, and is written anew after that. */
  #other = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  constructor(table: Table) {
    const columns = columnsOf(table);
    this.columns = Object.keys(columns);
    this.#encoders = Object.values(columns).map(encoderOf);
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  add(row: Record<string, unknown>): void {
    const { columns } = this;
    let line = '';
    for (let n = 0; n < columns.length; n++) {
      const value = row[columns[n]!];
      if (n > 0) line += '\t';
      line += value === null || value === undefined ? '\\N' : this.#encoders[n]!(value);
    }
    line += '\n';
    // A character takes three bytes at most.
    if (this.#length + line.length * 3 > this.#bytes.length) this.#grow(line.length * 3);
    this.#length += this.#bytes.write(line, this.#length);
  }

  /** Hands out what waits. It is good until the next time: the two buffers take turns, so that none is left to be collected. */
  take(): Buffer {
    const lines = this.#bytes.subarray(0, this.#length);
    [this.#bytes, this.#other] = [this.#other, this.#bytes];
    this.#length = 0;
    return lines;
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2 + more);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const FIRST_BYTES = 64_000;

/** Types whose text never holds what COPY reads as more than itself. */
const PLAIN = /^(bigint|integer|smallint|date|uuid)/;

function encoderOf(type: string): Encode {
  if (type.includes('[]'))
    return (list: unknown[]) => (list.length === 0 ? '{}' : escaped(`{${list.map(element).join()}}`));
  if (type.startsWith('json')) return (value) => escaped(JSON.stringify(value));
  if (type.startsWith('boolean')) return (value) => (value ? 't' : 'f');
  if (type.startsWith('bytea')) return (value: string) => `\\${value}`;
  if (PLAIN.test(type)) return (value) => `${value}`;
  return escaped;
}

/** An element of an array's literal. */
function element(value: unknown): string {
  return typeof value === 'number' ? `${value}` : `"${String(value).replace(/["\\]/g, '\\$&')}"`;
}

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!) : text;
}

/**
 * A transaction into which rows of several tables are copied, while the next ones are made. It need not outlive a crash of the
 * server: what it writes can be built again.
 */
export class Copying {
  readonly #pool: Pool;
  #client: PoolClient | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Sends what waits; answers, or throws, when what was sent before is there: what it was sent from can be written anew. */
  async send(schema: string, table: string, lines: RowLines): Promise<void> {
    await this.#sending;
    const { columns } = lines;
    const sent = lines.take();
    this.#sending = this.#begun().then((client) => copyLines(client, schema, table, columns, sent));
    // Looked at by whoever sends next, or commits.
    this.#sending.catch(() => {});
  }

  /** Does the last thing and commits; what is sent from then on begins anew. */
  async commit(last: (client: PoolClient) => Promise<void>): Promise<void> {
    await this.#sending;
    const client = await this.#begun();
    // From here on rows are locked that others need.
    await client.query(`set local idle_in_transaction_session_timeout = ${IDLE_MS}`);
    await last(client);
    await client.query('commit');
    client.release();
    this.#client = undefined;
  }

  /** Undoes what was not committed. */
  async abandon(): Promise<void> {
    await this.#sending.catch(() => {});
    // Left in the middle of something, a connection is of no use to others.
    this.#client?.release(true);
    this.#client = undefined;
  }

  async #begun(): Promise<PoolClient> {
    if (this.#client) return this.#client;
    const client = await this.#pool.connect();
    this.#client = client;
    await client.query('begin; set local synchronous_commit = off');
    return client;
  }
}

/** Sends lines into a table. */
async function copyLines(
  client: PoolClient,
  schema: string,
  table: string,
  columns: string[],
  lines: Buffer,
): Promise<void> {
  const names = columns.map((column) => client.escapeIdentifier(column)).join();
  const into = client.query(
    from(`copy ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)} (${names}) from stdin`),
  );
  await pipeline(Readable.from([lines]), into);
}
