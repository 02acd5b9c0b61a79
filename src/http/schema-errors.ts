// Turns what a schema found wrong into errors that name the field, what stands there, and what was expected or probably meant.
import type { z } from 'zod';
import { pointerOf } from '../domain/reference.ts';
import { nearest } from '../events/nearest.ts';
import type { FieldError } from './problem.ts';

interface Place {
  /** Where in the request the value stands. */
  in: 'body' | 'parameters';
  /** The names that the value's objects may use, for suggesting what was meant. */
  names: string[];
}

/** One error for each thing wrong; 20 at most, since a client mends the first ones first. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], value: unknown, place: Place): FieldError[] {
  return issues.flatMap((issue) => errorsOf(issue, value, place)).slice(0, 20);
}

function errorsOf(issue: z.core.$ZodIssue, value: unknown, place: Place): FieldError[] {
  const at = (path: readonly PropertyKey[]) =>
    place.in === 'body' ? { pointer: pointerOf(path) } : { parameter: path.join('.') };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, place.names);
      const kind = place.in === 'body' ? 'field' : 'parameter';
      return {
        ...at([...issue.path, key]),
        expected: `no ${kind} of that name${meant === undefined ? '' : `; the nearest is "${meant}"`}`,
      };
    });
  }
  const found = shown(
    issue.path.reduce<unknown>((part, step) => (part as Record<PropertyKey, unknown> | undefined)?.[step], value),
  );
  return [{ ...at(issue.path), found, expected: expectation(issue) }];
}

/** zod's messages begin with what is wrong ("Invalid input: expected string, received number"); the second half is told by `found`. */
function expectation({ message }: z.core.$ZodIssue): string {
  return message
    .replace(/^Invalid (?:input|string|option|ISO date|UUID|URL): /, '')
    .replace(/, received .*$/, '')
    .replace(/^expected /, '')
    .replace(/^Too (?:big|small): expected /, '');
}

/** The value as a client would recognise it, cut short. Only what came as JSON or as a parameter is shown. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 77)}…` : json;
}

/** All property names in a schema, at any depth. */
export function namesIn(schema: z.core.$ZodType, seen = new Set<z.core.$ZodType>()): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([name, part]) => [name, ...namesIn(part, seen)]);
    case 'array':
      return namesIn(def.element, seen);
    case 'union':
      return def.options.flatMap((option) => namesIn(option, seen));
    case 'optional':
    case 'nullable':
    case 'default':
      return namesIn(def.innerType, seen);
    default:
      return [];
  }
}
