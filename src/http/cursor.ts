// Where a page ended, wrapped so that nobody takes it apart, and checked when it comes back.
import { z } from 'zod';
import { slug } from '../domain/reference.ts';
import { day } from './parameters.ts';
import { fieldProblem } from './problem.ts';

export function writeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place in a cursor; null where no cursor was given. Throws a problem where it is none of ours. */
export function readCursor<T extends z.ZodType>(cursor: string | undefined, schema: T): z.infer<T> | null {
  if (cursor === undefined) return null;
  const parsed = schema.safeParse(jsonOrUndefined(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw fieldProblem('invalid_request', [
    {
      parameter: 'cursor',
      found: JSON.stringify(cursor.slice(0, 40)),
      expected: 'the `next` of an earlier page',
    },
  ]);
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
