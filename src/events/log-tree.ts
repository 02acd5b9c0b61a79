// Proofs over the log: that an event is in it under a head, and that one head goes on from another. The tree's entries are the chain
// hashes; hashes of whole blocks are kept in the database, worked out when they are first needed.
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { asSent } from './written-out.ts';
import { RECORDED_FORMAT } from './event-row.ts';
import type { LogStore } from './log-database.ts';
import { BLOCK, blockHashOf, consistencyPath, inclusionPath, treeHash, type Entries } from './merkle-tree.ts';

const HASH_BYTES = 32;
/** So many blocks are read at once, half a megabyte. */
const BLOCKS_AT_ONCE = 16;
const LONGEST_PAUSE = 2 ** 31 - 1;
/** The hash before the first event. */
const GENESIS = Buffer.alloc(HASH_BYTES);

/** A head as it is exported: everything up to the sequence is proven against it. */
export interface Root {
  sequence: number;
  /** The chain hash. */
  hash: string;
  /** The root of the Merkle tree. */
  root: string;
}

/** All that it takes to work out the root from what was sent; hashes in hexadecimal. */
export interface EventProof {
  id: string;
  sequence: number;
  /** The event as it was sent, in canonical JSON (RFC 8785); null where it was redacted. */
  content: string | null;
  contentHash: string;
  /** What the log assigned, as it goes into the chain hash. */
  place: string[];
  /** The chain hash of the event before. */
  previous: string;
  /** The chain hash of this one, which is the entry of the tree. */
  hash: string;
  /** The place of the entry, counted from 0. */
  index: number;
  size: number;
  path: string[];
  root: string;
}

/** Hashes of blocks are being worked out, for the first time or because they were cleared away, and it takes longer than anybody waits. */
export class TreeNotReady extends Error {}

export class LogTree {
  readonly #log: LogStore;
  readonly #deadlineMs: number;
  #filling: Promise<void> | undefined;

  /** Throws {@link TreeNotReady} where blocks are missing for longer than the deadline; they are worked out all the same. */
  constructor(log: LogStore, deadlineMs: number) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  /** The root over the events up to a sequence that the log holds. */
  async rootAt(sequence: number): Promise<Root> {
    const entries = await this.#entriesOf(sequence, [sequence - 1]);
    const hash = sequence === 0 ? GENESIS : entries.entry(sequence - 1);
    return { sequence, hash: hash.toString('hex'), root: treeHash(entries, 0, sequence).toString('hex') };
  }

  /** Proves that an event is among those up to the sequence `size`; undefined where there is none of that id. */
  async proofOf(id: string, size: number): Promise<EventProof | { sequence: number } | undefined> {
    const event = await this.#readEvent(id);
    if (!event || event.sequence > size) return event && { sequence: event.sequence };
    const index = event.sequence - 1;
    const entries = await this.#entriesOf(size, [index]);
    return {
      ...event,
      index,
      size,
      path: inclusionPath(entries, index, 0, size).map(inHexadecimal),
      root: treeHash(entries, 0, size).toString('hex'),
    };
  }

  /** Proves that the log up to one sequence is how the log up to a later one began. */
  async consistency(from: number, to: number): Promise<{ from: Root; to: Root; path: string[] }> {
    const entries = await this.#entriesOf(to, [from - 1, from]);
    const path = consistencyPath(entries, from, to).map(inHexadecimal);
    return { from: await this.rootAt(from), to: await this.rootAt(to), path };
  }

  async #readEvent(id: string) {
    const event = sql.id(this.#log.schema, 'event');
    const { rows } = await sql<{
      sequence: number;
      id: string;
      type: string;
      occurred: string;
      content: Record<string, unknown>;
      contentHash: string;
      place: string[];
      previous: string | null;
      hash: string;
    }>`
      select e.sequence, e.id, e.type, e.occurred, e.content, encode(e.content_hash, 'hex') as "contentHash",
             array[e.sequence::text, e.stream, e.version::text, e.type_version::text, coalesce(e.corrects, ''),
                   to_char(e.recorded at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)}), e.recorded_by] as place,
             encode(b.hash, 'hex') as previous, encode(e.hash, 'hex') as hash
        from ${sql.id(this.#log.schema, 'event_key')} k
        join ${event} e on e.sequence = k.sequence
        left join ${event} b on b.sequence = k.sequence - 1
       where k.id = ${id}`.execute(this.#log.db);
    const [row] = rows;
    if (!row) return undefined;
    const { content, type, occurred, previous, ...told } = row;
    const sent = 'redacted' in content ? null : asSent({ ...content, id, type, occurred });
    return { ...told, content: sent, previous: previous ?? inHexadecimal(GENESIS) };
  }

  /** The blocks up to a size, and the single entries after the last whole block and around these places. */
  async #entriesOf(size: number, places: number[]): Promise<Entries> {
    const blocks = Math.floor(size / BLOCK);
    const hashes = await this.#blocksUpTo(blocks);
    const around = places.filter((place) => place >= 0 && place < size).map((place) => Math.floor(place / BLOCK));
    const read = new Map<number, Buffer>();
    for (const { block, entries } of await this.#readEntries([...new Set([blocks, ...around])]))
      read.set(block, entries);
    return {
      blockHash: (block) => partOf(hashes, block),
      entry: (index) => partOf(read.get(Math.floor(index / BLOCK))!, index % BLOCK),
    };
  }

  /** The hashes of the first blocks, one after the other. */
  async #blocksUpTo(count: number): Promise<Buffer> {
    const began = performance.now();
    for (;;) {
      const { rows } = await sql<{ hashes: Buffer | null }>`
        select string_agg(hash, '' order by block) as hashes
          from ${sql.id(this.#log.schema, 'merkle_block')} where block < ${count}`.execute(this.#log.db);
      const hashes = rows[0]!.hashes ?? Buffer.alloc(0);
      if (hashes.length === count * HASH_BYTES) return hashes;
      const left = began + this.#deadlineMs - performance.now();
      if (left <= 0)
        throw new TreeNotReady(
          `The Merkle tree is being worked out: ${hashes.length / HASH_BYTES} of ${count} blocks are. Ask again shortly.`,
        );
      // Those who ask at the same time wait for the same work, which goes on when they do not wait any more.
      this.#filling ??= this.#fill(count).finally(() => (this.#filling = undefined));
      await within(this.#filling, left);
    }
  }

  async #fill(count: number): Promise<void> {
    const table = sql.id(this.#log.schema, 'merkle_block');
    const { rows } = await sql<{ block: number }>`
      select b.block from generate_series(0, ${count - 1}::bigint) b(block)
       where not exists (select from ${table} m where m.block = b.block) order by b.block`.execute(this.#log.db);
    const missing = rows.map(({ block }) => block);
    for (let first = 0; first < missing.length; first += BLOCKS_AT_ONCE) {
      const read = await this.#readEntries(missing.slice(first, first + BLOCKS_AT_ONCE));
      const hashes = read.map(({ entries }) =>
        blockHashOf(Array.from({ length: BLOCK }, (_, place) => partOf(entries, place))),
      );
      await sql`
        insert into ${table} (block, hash)
        select * from unnest(${read.map(({ block }) => block)}::bigint[], ${hashes.map((hash) => `\\x${inHexadecimal(hash)}`)}::bytea[])
            on conflict do nothing`.execute(this.#log.db);
    }
  }

  /** The entries of blocks, one after the other; of the last block, as many as there are. */
  async #readEntries(blocks: number[]): Promise<{ block: number; entries: Buffer }[]> {
    const { rows } = await sql<{ block: number; entries: Buffer | null }>`
      select b.block, (select string_agg(e.hash, '' order by e.sequence) from ${sql.id(this.#log.schema, 'event')} e
                        where e.sequence > b.block * ${BLOCK}::bigint and e.sequence <= (b.block + 1) * ${BLOCK}::bigint) as entries
        from unnest(${blocks}::bigint[]) b(block) order by b.block`.execute(this.#log.db);
    return rows.map(({ block, entries }) => ({ block, entries: entries ?? Buffer.alloc(0) }));
  }
}

/** Waits for the work, and no longer than so many milliseconds; what goes wrong with it later is found by whoever asks again. */
async function within(work: Promise<void>, milliseconds: number): Promise<void> {
  const over = new AbortController();
  const time = pause(Math.min(milliseconds, LONGEST_PAUSE), undefined, { signal: over.signal, ref: false });
  try {
    await Promise.race([work, time]);
  } finally {
    over.abort();
    await Promise.allSettled([time]);
    work.catch(() => {});
  }
}

function partOf(hashes: Buffer, place: number): Buffer {
  return hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}

function inHexadecimal(hash: Buffer): string {
  return hash.toString('hex');
}
