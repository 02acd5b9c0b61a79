// The parameters that many questions share.
import { z } from 'zod';
import { eventId, slug } from '../domain/reference.ts';
import { eventTypes } from '../domain/vocabulary.ts';
import { fieldProblem } from './problem.ts';

/** A calendar day; PostgreSQL's calendar has no year 0. */
export const day = z.iso.date().refine((value) => value >= '0001', 'expected a calendar day from 0001-01-01 on');

/** Valid time. */
const at = day.optional().meta({
  description: 'Where did things stand on this day? All days where it is left out.',
  examples: ['2024-11-15'],
});

/** Transaction time: a sequence, a day (its end, UTC) or a moment. */
export const knownAt = z
  .union([z.string().regex(/^\d{1,15}$/), z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'expected a sequence, a day or an RFC 3339 date and time (with + written as %2B)',
  })
  .optional()
  .meta({
    description:
      'What did the log know? A sequence, a day (to its end, UTC), or an RFC 3339 date and time. All it knows where it is left out.',
    examples: ['42'],
  });

/** Written in digits: what JavaScript also takes for a number ("", "0x1F", "1e3") is not meant. */
export function digits<T extends z.ZodType>(number: T) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
    number,
  );
}

export const sequence = digits(z.int().min(0).optional());

/** A number of things. */
export const wholeNumber = digits(z.int().min(0).max(1_000_000).optional());

export const minSequence = sequence.meta({
  description: 'Wait until the answer reflects this sequence: what a post answered, so that one reads what one wrote.',
});

export const limit = digits(z.int().min(1).max(1000).default(100)).meta({ description: 'Items a page, 1 to 1000.' });

export const cursor = z
  .string()
  .max(1000)
  .optional()
  .meta({ description: 'Where to go on: `next` of the page before.' });

export const actorPath = z.object({
  actor: slug.meta({ description: 'The slug of an actor.', examples: ['russia'] }),
});
export const issuePath = z.object({
  issue: slug.meta({ description: 'The slug of an issue.', examples: ['territorial-settlement'] }),
});
export const eventPath = z.object({
  id: eventId.meta({
    description: 'The id of an event.',
    examples: ['01932c00-0000-7000-8000-000000000001'],
  }),
});

export const projectionRun = digits(z.int().min(1).optional()).meta({
  description: 'The id of a rebuild that is a what-if: the answer comes from its tables and not from the live ones.',
});

/** The two times, what is asked and the sequence to wait for, as every question about a state of affairs takes them. */
export const moment = { at, knownAt, minSequence, projectionRun };

/** The name of an event type. */
export const typeName = z.enum(eventTypes.map(({ type }) => type) as [string, ...string[]]);

/** Two actors; what one does towards the other has a direction. */
export const pairPath = z.object({
  a: slug.meta({ description: 'The slug of the actor that acts.', examples: ['germany'] }),
  b: slug.meta({ description: 'The slug of the actor that it acts towards.', examples: ['russia'] }),
});

/** A calendar month. */
export const month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected a month such as 2022-01')
  .refine((value) => value >= '0001', 'expected a month from 0001-01 on');

/** Throws a problem where a window ends before it begins. */
export function requireOrder(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined || from <= to) return;
  throw fieldProblem('invalid_request', [{ parameter: 'to', found: to, expected: `${from} or later` }]);
}

/** Yes or no, written `true` or `false`. */
export const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean({ error: 'expected true or false' }).optional(),
);

/** Several values: with commas, or the parameter several times. */
export function listOf<T extends z.ZodType>(item: T, description: string) {
  return z.preprocess(splitAtCommas, z.array(item).min(1).max(100).optional()).meta({ description });
}

/** Said of a parameter whose values are taken apart before they are checked; the document could not tell by itself. */
export const REQUIRED = { required: true };

/** Two different values, joined by a comma. */
export function pairOf(what: string) {
  return z
    .preprocess(
      splitAtCommas,
      z.array(slug, `expected two ${what}, joined by a comma`).length(2, `expected two ${what}, joined by a comma`),
    )
    .refine(([a, b]) => a !== b, `expected two different ${what}`)
    .meta({
      description: `The two ${what}, joined by a comma.`,
      examples: [['olaf-scholz', 'vladimir-putin']],
      param: REQUIRED,
    });
}

/** The values of a parameter that takes several. */
export function splitAtCommas(value: unknown): unknown {
  if (value === undefined) return undefined;
  return [value].flat().flatMap((part) => (typeof part === 'string' ? part.split(',') : part));
}
