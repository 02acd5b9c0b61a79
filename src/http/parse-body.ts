// Bodies other than events: checked by their schema, with errors that point at the fields.
import type { z } from 'zod';
import { fieldProblem } from './problem.ts';
import { requireStorable } from './parse-event.ts';
import { fieldErrors, namesIn } from './schema-errors.ts';

/** The body as its schema has it. Throws a Problem that points at the fields. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  requireStorable(body);
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const place = { in: 'body', names: namesIn(schema), describedBy: 'GET /openapi.json' } as const;
  throw fieldProblem('invalid_request', fieldErrors(parsed.error.issues, place));
}
