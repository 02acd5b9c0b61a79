// Where a fact comes from: the document, the chain of who said it inside, and how far either is to be trusted.
import { z } from 'zod';
import { cameoCodes } from './codings/cameo.ts';
import { edtf } from './occurred.ts';
import { actorRef } from './reference.ts';
import { storable, text } from './text.ts';

/** The document that was read. `language` is a BCP 47 tag, `published` an EDTF date. */
export const source = z
  .strictObject({
    publisher: text(200).optional(),
    title: text(500).optional(),
    url: storable(z.url({ protocol: /^https?$/ }).max(2000)).optional(),
    published: edtf.optional(),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'expected a BCP 47 language tag such as en or pt-BR')
      .max(35)
      .optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'expected at least one of publisher, title, url')
  .meta({ id: 'Source' });

/** One link of the chain of attribution: a registered actor, or a label where the source names none. */
const attributionLink = z
  .strictObject({
    actor: actorRef.optional(),
    label: text(200).optional(),
    record: z.enum(['on_record', 'background', 'anonymous']).optional(),
    quote: z.enum(['direct', 'indirect']).optional(),
    parts: z
      .array(text(80))
      .min(1)
      .max(50)
      .optional()
      .meta({ description: 'The fields of the data that rest on this link; the whole event where it is left out.' }),
  })
  .refine((link) => link.actor !== undefined || link.label !== undefined, 'expected an actor or a label')
  .meta({ id: 'AttributionLink' });

/** Who says so inside the document, outermost first: tagesschau, then "one German diplomatic source". */
export const attribution = z.array(attributionLink).min(1).max(10);

/** The Admiralty code (NATO STANAG 2511), its two fields kept apart: reliability of the source, credibility of the information. */
export const grade = z
  .strictObject({
    reliability: z.enum(['A', 'B', 'C', 'D', 'E', 'F']).optional(),
    credibility: z.int().min(1).max(6).optional(),
  })
  .meta({ id: 'Grade' });

/** A CAMEO code that replaces the default of the event type, and who chose it. CAMEO codes are text: `010` is not `10`. */
export const coding = z
  .strictObject({
    cameo: z
      .string()
      .max(4)
      .refine((code) => cameoCodes.has(code), 'expected a CAMEO code as text, two to four digits, such as 041'),
    codedBy: text(100),
  })
  .meta({ id: 'Coding' });

export type Source = z.infer<typeof source>;
export type AttributionLink = z.infer<typeof attributionLink>;
export type Grade = z.infer<typeof grade>;
export type Coding = z.infer<typeof coding>;
