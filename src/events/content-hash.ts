// The hash of what a client said. It decides whether two posts of one id are the same, and it outlives a payload removed by law.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { NewEvent } from '../domain/event.ts';

/** Lower-case hexadecimal SHA-256 of the event as sent, in canonical JSON (RFC 8785): neither white space nor the order of fields matters. */
export function contentHash(event: NewEvent): string {
  return hash('sha256', canonicalize(event)!, 'hex');
}
