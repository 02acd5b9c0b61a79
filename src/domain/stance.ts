// Where an utterance puts its principal on an issue, in the words of design and of the manifesto-coding field.
import { z } from 'zod';
import { issueRef } from './reference.ts';
import { text } from './text.ts';

export const FIRMNESSES = ['flexible', 'firm', 'red_line'] as const;

/** How far a position can be moved, softest first. */
export type Firmness = (typeof FIRMNESSES)[number];

const conditionList = z.array(text(300)).max(50);

/**
 * A position on an issue: −2 strongly oppose, −1 oppose, 0 neutral or ambivalent, +1 support, +2 strongly support.
 * `claimedReiteration` stores a source's claim that this was said before ("reiterated his demand"); it never
 * changes how the position is classed.
 */
export const stance = z
  .strictObject({
    issue: issueRef,
    position: z.int().min(-2).max(2),
    firmness: z.enum(FIRMNESSES).optional(),
    conditions: z
      .strictObject({ added: conditionList.optional(), dropped: conditionList.optional() })
      .optional()
      .meta({ description: 'What the position is newly tied to, and what it is no longer tied to.' }),
    claimedReiteration: z.boolean().optional(),
  })
  .meta({ id: 'Stance' });

export type Stance = z.infer<typeof stance>;
export type Position = Stance['position'];
