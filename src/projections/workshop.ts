// Where a run is built: tables that nobody reads yet, filled by COPY, read back in the order of their keys.
import type { Kysely } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { AffiliationHistory } from './affiliations.ts';
import type { Worker } from './apply.ts';
import { Copying, RowLines } from './copy.ts';
import { changeTables, saveCheckpoint, type LedRun } from './runs.ts';
import type { Provenance, Table } from './table.ts';

/** So much text is sent at once; more only costs memory. */
const BATCH_BYTES = 1_000_000;

/** After so many batches what was sent is committed, so that no transaction is open for long. */
const COMMITTED_BATCHES = 32;

/** So many rows are read at once. */
const READ_ROWS = 1_000;

export class Workshop {
  readonly schema: string;
  readonly #pool: Pool;
  readonly #signal: AbortSignal;
  readonly #worker: Worker;
  readonly #run: LedRun;
  readonly #lines = new Map<string, RowLines>();
  readonly #copying: Copying;
  #sent = 0;

  constructor({ pool, signal }: { pool: Pool; signal: AbortSignal }, worker: Worker, run: LedRun) {
    this.schema = run.schema;
    this.#pool = pool;
    this.#copying = new Copying(pool);
    this.#signal = signal;
    this.#worker = worker;
    this.#run = run;
  }

  /** Fills derived tables within the database, in one transaction. */
  async fill(statements: (db: Kysely<any>) => Promise<unknown>): Promise<void> {
    const { log, node } = this.#worker;
    this.#signal.throwIfAborted();
    await changeTables(log, node, this.#run, statements);
  }

  /** A table of the run, as it stands in a query. */
  nameOf(table: string): string {
    return `"${this.schema}"."${table}"`;
  }

  /** Everything that was ever known about offices and representation. */
  affiliations(): Promise<AffiliationHistory> {
    return AffiliationHistory.read(this.#worker.log.db.withSchema(this.schema), 0);
  }

  /** The rows of contributed tables by key, in no order to rely on: each table with the column that holds the key. */
  async *byKey<Input extends Provenance>(inputs: Record<string, string>): AsyncGenerator<[key: string, rows: Input[]]> {
    const { schema } = this;
    yield* this.#reading(async function* (client) {
      const cursors: KeyCursor<Input>[] = [];
      for (const [table, column] of Object.entries(inputs))
        cursors.push(await KeyCursor.open<Input>(client, schema, table, column));
      for (;;) {
        const keys = cursors.flatMap(({ key }) => (key === null ? [] : [key]));
        if (keys.length === 0) return;
        const first = keys.reduce((a, b) => (a < b ? a : b));
        const rows: Input[] = [];
        for (const cursor of cursors) while (cursor.key === first) rows.push(await cursor.take());
        yield [String(first), rows];
      }
    });
  }

  /** The rows of a query, page by page. */
  async *pages<Row>(query: string): AsyncGenerator<Row[]> {
    yield* this.#reading((client) => pagesOf<Row>(client, 'pages', query));
  }

  async *#reading<T>(read: (client: PoolClient) => AsyncGenerator<T>): AsyncGenerator<T> {
    const client = await this.#pool.connect();
    let isDone = false;
    try {
      await client.query("begin; set local work_mem = '64MB'");
      yield* read(client);
      await client.query('commit');
      isDone = true;
    } finally {
      // Left in the middle of something, a connection is of no use to others.
      client.release(!isDone);
    }
  }

  /** Takes rows to a table; they are sent in large batches, while the next ones are made. */
  async write(name: string, table: Table, rows: object[]): Promise<void> {
    let lines = this.#lines.get(name);
    if (!lines) this.#lines.set(name, (lines = new RowLines(table)));
    for (const row of rows) lines.add(row as Record<string, unknown>);
    if (lines.length > BATCH_BYTES) await this.#send(name, lines);
  }

  /** Sends and commits what is left; answers when all is there. */
  async flush(): Promise<void> {
    for (const [name, lines] of this.#lines) if (lines.length > 0) await this.#send(name, lines);
    await this.#commit();
  }

  /** Undoes what was not committed. */
  abandon(): Promise<void> {
    return this.#copying.abandon();
  }

  async #send(name: string, lines: RowLines): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#copying.send(this.schema, name, lines);
    if (++this.#sent >= COMMITTED_BATCHES) await this.#commit();
  }

  async #commit(): Promise<void> {
    const { log, node } = this.#worker;
    await this.#copying.commit((client) => saveCheckpoint(client, log, node, this.#run, this.#run.checkpoint));
    this.#sent = 0;
  }
}

/** Reads one table in the order of its keys. */
class KeyCursor<Input extends Provenance> {
  readonly #pages: AsyncGenerator<(Input & Record<string, string | number>)[]>;
  readonly #column: string;
  #page: (Input & Record<string, string | number>)[] = [];
  #next = 0;

  private constructor(pages: AsyncGenerator<(Input & Record<string, string | number>)[]>, column: string) {
    this.#pages = pages;
    this.#column = column;
  }

  static async open<Input extends Provenance>(
    client: PoolClient,
    schema: string,
    table: string,
    column: string,
  ): Promise<KeyCursor<Input>> {
    const name = (text: string) => client.escapeIdentifier(text);
    // Of ids, text sorts as the bytes do; nothing else but that order is needed of the keys.
    const query = `select * from ${name(schema)}.${name(table)} order by ${name(column)}`;
    const cursor = new KeyCursor<Input>(pagesOf(client, `by_${table}`, query), column);
    await cursor.#turn();
    return cursor;
  }

  /** The key of the next row; null at the end. */
  get key(): string | number | null {
    return this.#page[this.#next]?.[this.#column] ?? null;
  }

  async take(): Promise<Input> {
    const row = this.#page[this.#next++]!;
    if (this.#next === this.#page.length) await this.#turn();
    return row;
  }

  async #turn(): Promise<void> {
    this.#page = (await this.#pages.next()).value ?? [];
    this.#next = 0;
  }
}

/** The pages of a query by a cursor; the next one is on its way while one is worked on. */
async function* pagesOf<Row>(client: PoolClient, name: string, query: string): AsyncGenerator<Row[]> {
  const cursor = client.escapeIdentifier(name);
  await client.query(`declare ${cursor} no scroll cursor for ${query}`);
  const fetch = async () => (await client.query(`fetch ${READ_ROWS} from ${cursor}`)).rows as Row[];
  let coming = fetch();
  for (;;) {
    const page = await coming;
    if (page.length === 0) return;
    coming = fetch();
    // Looked at in the next turn.
    coming.catch(() => {});
    yield page;
  }
}
