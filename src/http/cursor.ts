// Where a page ended, wrapped so that nobody takes it apart, and checked when it comes back: that it is ours, and of the same list.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { slug } from '../domain/reference.ts';
import { day } from './parameters.ts';
import { fieldProblem } from './problem.ts';

type Question = Pick<FastifyRequest, 'url' | 'query'>;

/** The cursor of a place in the list that is asked for. */
export function writeCursor(question: Question, place: unknown): string {
  return Buffer.from(JSON.stringify([listOf(question), place])).toString('base64url');
}

/** The place in the cursor of a question; null where it came without. Throws a problem where the cursor is none of this list. */
export function readCursor<T extends z.ZodType>(question: Question, schema: T): z.infer<T> | null {
  const { cursor } = question.query as { cursor?: string };
  if (cursor === undefined) return null;
  const inside = z.tuple([z.literal(listOf(question)), schema]);
  const parsed = inside.safeParse(jsonOrUndefined(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data[1] as z.infer<T>;
  throw fieldProblem('invalid_request', [
    {
      parameter: 'cursor',
      found: JSON.stringify(cursor.slice(0, 40)),
      expected: 'the `next` of an earlier page of this list',
    },
  ]);
}

/** A place in one list means nothing in another; what is filtered from a list may change from page to page. */
function listOf({ url }: Question): string {
  return url.split('?')[0]!;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** After a slug. */
export const slugCursor = slug;
/** After a sequence. */
export const sequenceCursor = z.int().min(0);
/** After a place on the time line. */
export const occurredCursor = z.strictObject({
  earliest: z.union([day, z.literal('-infinity')]),
  latest: z.union([day, z.literal('infinity')]),
  sequence: z.int().min(0),
});
