// Text that a client may send: well-formed Unicode that PostgreSQL can store, never blank, never endless.
import { z } from 'zod';

/**
 * Free text of 1 to `max` UTF-16 code units. NUL and lone surrogates are refused: PostgreSQL's jsonb
 * cannot hold them, and the content hash must be the same for everyone who computes it.
 */
export function text(max: number) {
  return storable(z.string().min(1).max(max)).refine(
    (value) => value.trim() !== '',
    'expected some text, found only white space',
  );
}

/** A text schema that refuses what PostgreSQL cannot store. */
export function storable<T extends z.ZodType<string>>(schema: T): T {
  return schema
    .refine((value) => !value.includes('\0'), 'found a NUL character, which no database can store')
    .refine((value) => value.isWellFormed(), 'found half of a surrogate pair: the text is not valid Unicode');
}
