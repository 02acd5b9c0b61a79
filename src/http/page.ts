// A page of a list: its items, the cursor of the next page, and the sequence it reflects.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { writeCursor } from './cursor.ts';

export const sequence = z.int().meta({ description: 'The answer reflects the log up to this sequence.' });

export function pageOf<T extends z.ZodType>(item: T, id: string, example: unknown) {
  return z
    .object({
      items: z.array(item),
      next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
      sequence,
    })
    .meta({ id, examples: [{ items: [example], next: null, sequence: 42 }] });
}

/**
 * Makes the page of up to `limit` items from `limit + 1` that were asked for, and links to the next (RFC 8288).
 * `placeOf` is where an item stands, for the cursor.
 */
export function toPage<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  found: { sequence: number; items: T[] },
  limit: number,
  placeOf: (item: T) => unknown,
) {
  const items = found.items.slice(0, limit);
  const next = found.items.length > limit ? writeCursor(request, placeOf(items.at(-1)!)) : null;
  if (next !== null) {
    const url = new URL(request.url, 'http://localhost');
    url.searchParams.set('cursor', next);
    void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return { items, next, sequence: found.sequence };
}
