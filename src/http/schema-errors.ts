// Turns what a schema found wrong into errors that name the field, what stands there, and what was expected or probably meant.
import type { z } from 'zod';
import { pointerOf } from '../domain/reference.ts';
import { nearest } from '../events/nearest.ts';
import type { FieldError } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Where a value comes from: the names it may use, for suggesting what was meant, and where these are described. */
type Place = { names: string[] } & ({ in: 'body'; describedBy: string } | { in: 'parameters' });

const MOST = 20;

/** One error for each field that is wrong; 20 at most, since a client mends the first ones first. The issues bring their input. */
export function fieldErrors(issues: readonly Issue[], place: Place): FieldError[] {
  const errors = new Map<string, FieldError>();
  for (const error of issues.flatMap((issue) => errorsOf(issue, place))) {
    const field = error.pointer ?? error.parameter!;
    // What is said first of a field is what is wrong with it; the rest follows from that.
    if (!errors.has(field)) errors.set(field, error);
  }
  return [...errors.values()].slice(0, MOST);
}

function errorsOf(issue: Issue, place: Place): FieldError[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ ...fieldAt(issue.path, place), found: shown(foundIn(issue)), expected: expectation(issue, place) }];
  return issue.keys.map((name) => ({
    ...fieldAt([...issue.path, name], place),
    found: `an unknown ${place.in === 'body' ? 'field' : 'parameter'}`,
    expected: knownName(name, place),
  }));
}

/** A parameter that is a list is one parameter, whichever of its items is wrong. */
function fieldAt(path: readonly PropertyKey[], place: Place): Pick<FieldError, 'pointer' | 'parameter'> {
  return place.in === 'body' ? { pointer: pointerOf(path) } : { parameter: String(path[0]) };
}

/** The value at the issue's path; of a union that is told apart by a field, the issue brings the object around it. */
function foundIn(issue: Issue): unknown {
  const { input } = issue as { input?: unknown };
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined) return input;
  return (input as Record<string, unknown>)[issue.discriminator];
}

function knownName(name: string, place: Place): string {
  const meant = nearest(name, place.names);
  if (meant !== undefined) return `a known one; the nearest is "${meant}"`;
  if (place.in === 'body') return `one that ${place.describedBy} describes`;
  return place.names.length > 0 ? `one of ${place.names.join(', ')}` : 'none: there are no parameters';
}

/** Every number there is in a request is a whole one. */
const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

const FORMATS: Record<string, string> = {
  uuid: 'a UUID such as 0193302f-1c00-7000-8000-000000000001',
  url: 'an http or https URL',
  date: 'a calendar day such as 2024-11-15',
};

const UNITS: Record<string, string> = { string: 'character', array: 'item' };

function amount(count: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? String(count) : `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function expectation(issue: Issue, place: Place): string {
  if (place.in === 'parameters' && isRepeated(issue)) return 'one value';
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.startsWith('expected ')) return inWords(issue.message);
      return TYPES[issue.expected] ?? issue.expected;
    case 'too_small':
      return `at least ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? inWords(issue.message);
    case 'invalid_value':
      return oneOf(issue.values, foundIn(issue));
    case 'invalid_union':
      return 'options' in issue ? oneOf(issue.options ?? [], foundIn(issue)) : inWords(issue.message);
    default:
      return inWords(issue.message);
  }
}

/** `?limit=1&limit=2`, where one is meant. */
function isRepeated(issue: Issue): boolean {
  const isAboutLength = issue.code === 'too_small' || issue.code === 'too_big';
  return issue.path.length === 1 && Array.isArray(foundIn(issue)) && !isAboutLength && issue.code !== 'custom';
}

function oneOf(values: readonly unknown[], found: unknown): string {
  const names = values.map(String);
  const meant = typeof found === 'string' ? nearest(found, names) : undefined;
  const all = names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
  // Among letters and digits nothing is near.
  return meant === undefined || meant.length < 3 ? all : `${all}; the nearest is "${meant}"`;
}

/** The schemas of the domain say "…expected this, found that"; what was found is told beside it. */
function inWords(message: string): string {
  return message.replace(/^.*?\bexpected /s, '').replace(/, found .*$/s, '');
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
