// What a client said, written out once: the text that the log stores, and the hash that decides whether two posts of one id are
// the same and that outlives a payload removed by law.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { NewEvent } from '../domain/event.ts';

/** These have columns of their own in the log. */
export const APART: readonly string[] = ['id', 'type', 'occurred'] satisfies (keyof NewEvent)[];

export interface WrittenOut {
  /** JSON of all parts beside id, type and occurred. */
  content: string;
  /**
   * Lower-case hexadecimal SHA-256 of the event as sent, in canonical JSON (RFC 8785): neither white space nor the order of
   * fields matters.
   */
  contentHash: string;
}

export function writtenOut(event: NewEvent): WrittenOut {
  const parts = Object.entries(event)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => ({ name, text: `"${name}":${canonicalize(value)}` }));
  return {
    content: `{${textsOf(parts.filter(({ name }) => !APART.includes(name)))}}`,
    contentHash: hash('sha256', `{${textsOf(parts)}}`, 'hex'),
  };
}

/** What was sent, in canonical JSON (RFC 8785), from how it is stored: the text whose hash is the content hash. */
export function asSent(event: object): string {
  return canonicalize(event)!;
}

function textsOf(parts: { text: string }[]): string {
  return parts.map(({ text }) => text).join();
}
