// The Merkle tree of RFC 9162 (2.1) over entries of 32 bytes each, put together from whole blocks of entries whose hashes are known.
import { createHash } from 'node:crypto';

/** So many entries make a block, a power of two: no range into which a tree is taken apart cuts through one that it holds whole. */
export const BLOCK = 1_024;

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** What a tree is worked out from; entries and blocks count from 0. */
export interface Entries {
  blockHash(block: number): Buffer;
  entry(index: number): Buffer;
}

function leafHash(entry: Buffer): Buffer {
  return createHash('sha256').update(LEAF).update(entry).digest();
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** The hash of a block, from all its entries. */
export function blockHashOf(entries: Buffer[]): Buffer {
  let level = entries.map(leafHash);
  while (level.length > 1)
    level = level.flatMap((hash, place) => (place % 2 === 0 ? [nodeHash(hash, level[place + 1]!)] : []));
  return level[0]!;
}

/** The hash of the tree over the entries from `start` until before `end`. */
export function treeHash(entries: Entries, start: number, end: number): Buffer {
  if (end === start) return createHash('sha256').digest();
  if (end - start === BLOCK) return entries.blockHash(start / BLOCK);
  if (end - start === 1) return leafHash(entries.entry(start));
  const middle = middleOf(start, end);
  return nodeHash(treeHash(entries, start, middle), treeHash(entries, middle, end));
}

/** What is to be hashed with the hash of an entry, from the leaf up, to come to that of the tree (2.1.3.1). */
export function inclusionPath(entries: Entries, index: number, start: number, end: number): Buffer[] {
  if (end - start === 1) return [];
  const middle = middleOf(start, end);
  return index < middle
    ? [...inclusionPath(entries, index, start, middle), treeHash(entries, middle, end)]
    : [...inclusionPath(entries, index, middle, end), treeHash(entries, start, middle)];
}

/** What shows that the tree over the first `earlier` entries is how the one over `size` of them began (2.1.4.1). */
export function consistencyPath(entries: Entries, earlier: number, size: number): Buffer[] {
  return earlier === 0 ? [] : consistencyOf(entries, earlier, 0, size, true);
}

function consistencyOf(entries: Entries, earlier: number, start: number, end: number, isKnownWhole: boolean): Buffer[] {
  if (earlier === end) return isKnownWhole ? [] : [treeHash(entries, start, end)];
  const middle = middleOf(start, end);
  return earlier <= middle
    ? [...consistencyOf(entries, earlier, start, middle, isKnownWhole), treeHash(entries, middle, end)]
    : [...consistencyOf(entries, earlier, middle, end, false), treeHash(entries, start, middle)];
}

/** Where a range of several entries is taken apart: the left part is the largest power of two that is smaller. */
function middleOf(start: number, end: number): number {
  return start + 2 ** Math.ceil(Math.log2(end - start) - 1);
}
