// An event type is one value. Validation, TypeScript types, the API's description, upcasting and typed handlers all follow from it.
import { z } from 'zod';
import type { EventContent, NewEvent } from './event.ts';
import type { Known } from './known.ts';
import { counts, modality } from './modality.ts';
import { edtf } from './occurred.ts';
import { eventId, eventRef, referencesIn, type Reference } from './reference.ts';
import { attribution, coding, grade, source } from './source.ts';
import { stance } from './stance.ts';
import { text } from './text.ts';

export const FAMILIES = [
  'registry',
  'encounter',
  'utterance',
  'answer',
  'commitment',
  'process',
  'act',
  'about',
] as const;
export type Family = (typeof FAMILIES)[number];

/** Why an event is refused: the field as a JSON Pointer, what stands there, and what would be right. */
export interface Violation {
  pointer: string;
  found: string;
  expected: string;
  /** The reference that leads nowhere, where that is what is wrong. */
  unknown?: { kind: 'actor' | 'issue'; target: string };
  /** Set where the event may be recorded, and not by who would record it. */
  isBeyondLimit?: true;
}

/** Who acts towards whom, as slugs: what CAMEO calls the source and the target actors. Nobody acts towards oneself. */
export interface Dyad {
  from: string[];
  to: string[];
}

/** Turns the data of one former version into that of the next. `example` is data of the former version, for the tests. */
interface Upcast {
  example: Record<string, unknown>;
  data: (former: Record<string, unknown>) => Record<string, unknown>;
}

interface Definition<Type extends string, Data extends z.ZodObject> {
  type: Type;
  family: Family;
  /** One sentence for the reference: what has happened when this is recorded. */
  summary: string;
  data: Data;
  /** Whether the event may say where its speaker stands on an issue. */
  stance: 'none' | 'optional' | 'required';
  /** The stream the event belongs to; by default it opens one of its own. */
  stream: (event: NewEvent<EventContent<Type, z.infer<Data>>>, known: Known) => string;
  /**
   * The default CAMEO code; null where CAMEO has none. Read models keep it, as they keep `dyad`: who changes one of them raises the
   * versions of the projections that do.
   */
  cameo: (data: z.infer<Data>) => string | null;
  /** Who acts towards whom; left out where nobody acts towards anybody. */
  dyad?: (data: z.infer<Data>) => Dyad;
  /** What holds beyond the shape. References, and dates that lie in the future, are checked for every type. */
  rule?: (event: NewEvent<EventContent<Type, z.infer<Data>>>, known: Known) => Violation[];
  /** One for each former version, oldest first. */
  upcasts?: Upcast[];
  example: Omit<EventContent<Type, z.input<Data>>, 'type'>;
}

export type EventType<Type extends string = string, Data extends z.ZodObject = z.ZodObject> = Definition<Type, Data> & {
  /** The version of the data's shape that is written today, from 1. */
  version: number;
  upcasts: Upcast[];
  /** The shape of a whole event of this type, as a client posts it. */
  content: z.ZodType<EventContent<Type, z.infer<Data>>> & z.ZodObject;
  references: (content: EventContent) => Reference[];
};

/** The content of the events of one type: `ContentOf<typeof CallHeld>`. */
export type ContentOf<T> = T extends EventType<infer Type, infer Data> ? EventContent<Type, z.infer<Data>> : never;

/** The stream of an event that is a thing of its own: `call-` and the event's id. */
export function ownStream(kind: string): (event: { id: string }) => string {
  return (event) => `${kind}-${event.id}`;
}

export function defineEventType<Type extends string, Data extends z.ZodObject>(
  definition: Definition<Type, Data>,
): EventType<Type, Data> {
  const content = contentSchema(definition);
  const references = referencesIn(content);
  const upcasts = definition.upcasts ?? [];
  return Object.freeze({
    ...definition,
    version: upcasts.length + 1,
    upcasts,
    content: content as unknown as EventType<Type, Data>['content'],
    references: (event: EventContent) => references(event, ''),
  });
}

function contentSchema(
  definition: Pick<Definition<string, z.ZodObject>, 'type' | 'family' | 'data' | 'stance' | 'summary' | 'example'>,
) {
  const { type, family, data, stance: stanceRule, summary, example } = definition;
  const ofRecord = family === 'registry' || family === 'about';
  return z
    .strictObject({
      id: eventId.optional().meta({ description: 'Makes the post idempotent: the same id is recorded once.' }),
      type: z.literal(type),
      occurred: edtf,
      data: data.meta({ id: `${type}Data` }),
      ...(stanceRule === 'none' ? {} : { stance: stanceRule === 'required' ? stance : stance.optional() }),
      source: source.optional(),
      attribution: attribution.optional(),
      ...(ofRecord ? {} : { modality: modality.optional() }),
      grade: grade.optional(),
      coding: coding.optional(),
      correlationId: text(128).optional(),
      causationId: eventRef.optional(),
    })
    .meta({ id: type, description: summary, examples: [{ type, ...example }] });
}

/** Whether the fact counts: it sets a position, or was held. */
export function countsAsFact(event: Pick<EventContent, 'modality'>): boolean {
  return counts(event.modality);
}

/** What stands at `pointer` is an event of one of these types. */
export function typeViolations(pointer: string, { type }: Pick<EventContent, 'type'>, types: string[]): Violation[] {
  if (types.includes(type)) return [];
  return [{ pointer, found: `an event of type ${type}`, expected: `one of type ${types.join(' or ')}` }];
}
