// An assertion, one utterance as it bears on one issue, as the API shows it.
import { z } from 'zod';
import { modality } from '../domain/modality.ts';
import { slug } from '../domain/reference.ts';
import { CHANGES } from '../domain/series.ts';
import { attribution, grade, source } from '../domain/source.ts';
import { FIRMNESSES } from '../domain/stance.ts';
import type { AssertionCursor, AssertionView } from '../projections/positions/find-positions.ts';
import { dayBounds } from '../projections/table.ts';
import { occurredCursor } from './cursor.ts';
import { EXAMPLE_EVENT, occurredView } from './event-view.ts';

export const EXAMPLE_ASSERTION = {
  principal: 'russia',
  issue: 'territorial-settlement',
  change: 'reiterated',
  direction: null,
  delta: 0,
  position: 2,
  firmness: 'red_line',
  conditions: { added: [], dropped: [] },
  claimedReiteration: true,
  counted: true,
  modality: 'asserted',
  renewed: false,
  possible: false,
  occurred: EXAMPLE_EVENT.occurred,
  recorded: '2024-11-16T08:00:00.000Z',
  speaker: 'vladimir-putin',
  onBehalfOf: null,
  event: '01932c00-0000-7000-8000-000000000015',
  sequence: 61,
  type: 'DemandStated',
  summary: 'The allies must accept how things stand on the ground',
  quote: null,
  source: { title: 'Report on the call of 15 November 2024', language: 'en' },
  attribution: [{ actor: 'kremlin', record: 'on_record', quote: 'indirect' }],
  grade: null,
  previous: '01932c00-0000-7000-8000-000000000030',
};

export const assertion = z
  .object({
    principal: z.string().meta({ description: 'Whom the utterance counts for.' }),
    issue: z.string(),
    change: z
      .enum(CHANGES)
      .nullable()
      .meta({ description: 'What it changed against the assertion before; null where it does not count.' }),
    direction: z.enum(['support', 'oppose']).nullable(),
    delta: z.int().nullable().meta({ description: 'Steps on the scale from −2 to +2.' }),
    position: z
      .int()
      .min(-2)
      .max(2)
      .nullable()
      .meta({ description: '−2 strongly oppose to +2 strongly support; null where it was withdrawn.' }),
    firmness: z.enum(FIRMNESSES).nullable(),
    conditions: z.object({ added: z.array(z.string()), dropped: z.array(z.string()) }),
    claimedReiteration: z.boolean().meta({ description: 'The source says that this had been said before.' }),
    counted: z.boolean().meta({ description: 'Only asserted and reported facts set a position.' }),
    modality,
    renewed: z.boolean().meta({ description: 'Taken up again after a withdrawal.' }),
    possible: z.boolean().meta({ description: 'On the day asked for, its last possible day is still to come.' }),
    occurred: occurredView,
    recorded: z.string(),
    speaker: z.string(),
    onBehalfOf: z.string().nullable(),
    event: z.string(),
    sequence: z.int(),
    type: z.string(),
    summary: z.string().nullable(),
    quote: z.string().nullable(),
    source: source.nullable(),
    attribution: attribution.nullable(),
    grade: grade.nullable(),
    previous: z.string().nullable().meta({ description: 'The event of the assertion before.' }),
  })
  .meta({ id: 'Assertion', examples: [EXAMPLE_ASSERTION] });

/** After an assertion. */
export const assertionCursor = occurredCursor.extend({ speaker: slug });

export function placeOfAssertion({ occurred, sequence, speaker }: AssertionView): AssertionCursor {
  return { ...dayBounds(occurred), sequence, speaker };
}
