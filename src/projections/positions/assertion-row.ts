// An assertion in its three forms: as a fact makes it, as the series holds it while a page is worked through, and as a row.
import type { Fact } from '../../domain/fact.ts';
import { countsAsFact } from '../../domain/event-type.ts';
import type { Modality } from '../../domain/modality.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import type { Assertion, Classing } from '../../domain/series.ts';
import type { AttributionLink, Grade, Source } from '../../domain/source.ts';
import type { Stance } from '../../domain/stance.ts';
import { dayBounds, intervalOf, type StoredRow } from '../table.ts';
import type { PositionTables } from './tables.ts';

/** What an answer shows of the event behind an assertion. */
export interface AssertionEvidence {
  type: string;
  recorded: string;
  modality: Modality;
  summary: string | null;
  quote: string | null;
  source: Source | null;
  attribution: AttributionLink[] | null;
  grade: Grade | null;
}

/** An assertion with all that its row shows of it; it does not say whom it counts for. */
export interface Utterance extends Assertion {
  issue: string;
  speaker: string;
  onBehalfOf: string | null;
  claimedReiteration: boolean;
  occurred: string;
  evidence: AssertionEvidence;
}

export type AssertionRow = StoredRow<PositionTables['assertion']>;

/** What a fact asserts about issues: its stance, or the withdrawal of one. */
export function utterancesOf(fact: Fact): Utterance[] {
  const speaker = fact.data['speaker'];
  if (typeof speaker !== 'string') return [];
  if (fact.stance) return [utterance(fact, speaker, fact.stance.issue, fact.stance)];
  if (fact.type === 'PositionWithdrawn') return [utterance(fact, speaker, fact.data['issue'] as string, null)];
  return [];
}

function utterance(fact: Fact, speaker: string, issue: string, stance: Stance | null): Utterance {
  const { earliest, latest } = parseOccurred(fact.occurred);
  return {
    event: fact.id,
    sequence: fact.sequence,
    earliest,
    latest,
    issue,
    speaker,
    onBehalfOf: (fact.data['onBehalfOf'] as string | undefined) ?? null,
    position: stance?.position ?? null,
    firmness: stance?.firmness ?? null,
    conditionsAdded: stance?.conditions?.added ?? [],
    conditionsDropped: stance?.conditions?.dropped ?? [],
    claimedReiteration: stance?.claimedReiteration ?? false,
    counted: countsAsFact(fact),
    occurred: fact.occurred,
    evidence: {
      type: fact.type,
      recorded: fact.recorded,
      modality: fact.modality ?? 'asserted',
      summary: (fact.data['summary'] as string | undefined) ?? null,
      quote: (fact.data['quote'] as string | undefined) ?? null,
      source: fact.source ?? null,
      attribution: fact.attribution ?? null,
      grade: fact.grade ?? null,
    },
  };
}

/** The row of an utterance that counts for `principal`, classed, as known from `sequence` on. */
export function assertionRow(said: Utterance, principal: string, classing: Classing, sequence: number): AssertionRow {
  return {
    principal,
    issue: said.issue,
    speaker: said.speaker,
    on_behalf_of: said.onBehalfOf,
    position: said.position,
    firmness: said.firmness,
    conditions_added: said.conditionsAdded,
    conditions_dropped: said.conditionsDropped,
    claimed_reiteration: said.claimedReiteration,
    counted: said.counted,
    occurred: said.occurred,
    ...dayBounds(said),
    ...classing,
    evidence: said.evidence,
    event: said.event,
    sequence: said.sequence,
    known_from: sequence,
    known_until: null,
  };
}

export function utteranceFromRow(row: AssertionRow): Utterance {
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
    claimedReiteration: row.claimed_reiteration,
    counted: row.counted,
    occurred: row.occurred,
    evidence: row.evidence,
  };
}
