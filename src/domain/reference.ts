// The three ways one record points at another, and how a schema tells where its pointers are.
import { z } from 'zod';

type ReferenceKind = 'actor' | 'issue' | 'event';

/** One pointer found in an event: what it points at and where it stands, as a JSON Pointer (RFC 6901). */
export interface Reference {
  kind: ReferenceKind;
  target: string;
  pointer: string;
}

/** A name that a client gives to an actor or an issue: lower-case words joined by hyphens, such as `olaf-scholz`. */
export const slug = z
  .string()
  .max(80)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected lower-case letters and digits in words joined by hyphens');

/** The id of an event: a UUID (RFC 9562) in lower case, whatever case it was sent in. */
export const eventId = z.uuid().toLowerCase();

/** A registry and not a map: a reference that is given a description of its own is a copy, and inherits its kind. */
const references = z.registry<{ kind: ReferenceKind }>();

function pointing<T extends z.ZodType>(schema: T, kind: ReferenceKind): T {
  references.add(schema, { kind });
  return schema;
}

/** The slug of a registered actor. */
export const actorRef = pointing(slug.meta({ description: 'The slug of a registered actor.' }), 'actor');
/** The slug of an open issue. */
export const issueRef = pointing(slug.meta({ description: 'The slug of an opened issue.' }), 'issue');
/** The id of a recorded event. */
export const eventRef = pointing(eventId.meta({ description: 'The id of a recorded event.' }), 'event');

/** Several actors, none named twice. */
export function actorRefs(min: number, max = 200) {
  return distinct(actorRef, 'actor').min(min).max(max);
}

/** Several events, none named twice. */
export function eventRefs(max = 50) {
  return distinct(eventRef, 'event').min(1).max(max);
}

function distinct<T extends z.ZodType<string>>(item: T, what: string) {
  return z
    .array(item)
    .refine((all) => new Set(all).size === all.length, `expected each ${what} once, found one named twice`);
}

/** A path into a value as a JSON Pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

type Walk = (value: unknown, pointer: string, found: Reference[]) => void;

/**
 * Compiles a schema into a function that lists the references in a value of that schema, so that a new
 * event type needs no second list of what it points at.
 */
export function referencesIn(schema: z.ZodType): (value: unknown, pointer: string) => Reference[] {
  const walk = walkOf(schema);
  return (value, pointer) => {
    const found: Reference[] = [];
    walk?.(value, pointer, found);
    return found;
  };
}

function walkOf(schema: z.core.$ZodType): Walk | undefined {
  const { kind } = references.get(schema) ?? {};
  if (kind) return (value, pointer, found) => void found.push({ kind, target: value as string, pointer });
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'readonly':
      return skippingNothing(walkOf(def.innerType));
    case 'array':
      return each(walkOf(def.element));
    case 'object':
      return properties(def.shape);
    case 'union':
      return anyOf(def.options);
    case 'record':
      // Free-form, and judged where it is put in place: see EventCorrected.
      if (walkOf(def.valueType) === undefined) return undefined;
      break;
    case 'string':
    case 'number':
    case 'boolean':
    case 'literal':
    case 'enum':
    case 'unknown':
      return undefined;
    default:
      break;
  }
  throw new Error(
    `References inside a schema of kind "${def.type}" would not be found; use objects, arrays and unions.`,
  );
}

function skippingNothing(inner: Walk | undefined): Walk | undefined {
  return (
    inner &&
    ((value, pointer, found) => (value === null || value === undefined ? undefined : inner(value, pointer, found)))
  );
}

function each(inner: Walk | undefined): Walk | undefined {
  return (
    inner &&
    ((value, pointer, found) => (value as unknown[]).forEach((item, i) => inner(item, `${pointer}/${i}`, found)))
  );
}

function properties(shape: Record<string, z.core.$ZodType>): Walk | undefined {
  const walks = Object.entries(shape).flatMap(([key, schema]) => {
    const walk = skippingNothing(walkOf(schema));
    return walk ? [{ key, walk }] : [];
  });
  if (walks.length === 0) return undefined;
  return (value, pointer, found) => {
    for (const { key, walk } of walks) walk((value as Record<string, unknown>)[key], `${pointer}/${key}`, found);
  };
}

/** The options of a union are told apart by validating: only references of the matching one count. */
function anyOf(options: readonly z.core.$ZodType[]): Walk | undefined {
  const walks = options.map((option) => ({ option, walk: walkOf(option) }));
  if (walks.every(({ walk }) => walk === undefined)) return undefined;
  return (value, pointer, found) => {
    const match = walks.find(({ option }) => z.safeParse(option, value).success);
    match?.walk?.(value, pointer, found);
  };
}
