// An object whose shape is not known yet: what a correction puts in place is checked once its target is.
import { z } from 'zod';

const DEEPEST = 16;

/** A JSON object nested at most 16 levels deep, so that nobody's stack is at the mercy of a client. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => isShallow(value), `expected at most ${DEEPEST} levels of nesting`);

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < DEEPEST; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}
