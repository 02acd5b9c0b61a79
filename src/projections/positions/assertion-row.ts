// A classed assertion as a row, and back.
import { voiceOf } from '../../domain/principal.ts';
import type { Classing } from '../../domain/series.ts';
import { dayBounds, intervalOf, type StoredRow } from '../table.ts';
import type { PositionTables } from './tables.ts';
import type { Utterance } from './utterance.ts';

export type AssertionRow = StoredRow<PositionTables['assertion']>;

/** The row of an utterance that counts for `principal`, classed, as known from `sequence` on. */
export function assertionRow(
  said: Utterance,
  { principal, echo, ...classing }: Classing & { principal: string; echo: boolean },
  sequence: number,
): AssertionRow {
  return {
    principal,
    issue: said.issue,
    speaker: said.speaker,
    on_behalf_of: said.onBehalfOf,
    voice: voiceOf(said),
    position: said.position,
    firmness: said.firmness,
    conditions_added: said.conditionsAdded,
    conditions_dropped: said.conditionsDropped,
    rank: said.rank,
    asserted: said.counted,
    echo,
    counted: said.counted && !echo,
    ...dayBounds(said),
    ...classing,
    corrections: said.corrections,
    event: said.event,
    sequence: said.sequence,
    known_from: sequence,
    known_until: null,
  };
}

/** What was said, as the row has it. */
export function utteranceOf(row: AssertionRow): Utterance {
  return {
    event: row.event,
    sequence: row.sequence,
    ...intervalOf(row),
    issue: row.issue,
    speaker: row.speaker,
    onBehalfOf: row.on_behalf_of,
    position: row.position,
    firmness: row.firmness,
    conditionsAdded: row.conditions_added,
    conditionsDropped: row.conditions_dropped,
    rank: row.rank,
    corrections: row.corrections,
    counted: row.asserted,
  };
}
