// What a fact says about where its speaker stands: the assertion it makes, and what an answer shows of it.
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import type { Modality } from '../../domain/modality.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import type { Assertion } from '../../domain/series.ts';
import type { AttributionLink, Grade, Source } from '../../domain/source.ts';
import { speakersOf } from '../../domain/utterance.ts';
import type { Row } from '../table.ts';
import type { PositionTables } from './tables.ts';

/** An assertion before it is known whom it counts for. */
export interface Utterance extends Assertion {
  issue: string;
  speaker: string;
  onBehalfOf: string | null;
  /** The place among those who say it together, from 0. */
  rank: number;
}

export interface UtteranceEvidence {
  type: string;
  recorded: string;
  modality: Modality;
  summary: string | null;
  quote: string | null;
  source: Source | null;
  attribution: AttributionLink[] | null;
  grade: Grade | null;
}

/** The utterances of a fact: where it takes a stance or withdraws one, one for each who says it. */
export function utterancesOf(fact: Fact): Utterance[] {
  const issue = fact.stance?.issue ?? (fact.type === 'PositionWithdrawn' ? fact.data['issue'] : undefined);
  if (typeof issue !== 'string') return [];
  const { earliest, latest } = parseOccurred(fact.occurred);
  return speakersOf(fact.data).map((voice, rank) => ({
    event: fact.id,
    sequence: fact.sequence,
    earliest,
    latest,
    issue,
    ...voice,
    rank,
    position: fact.stance?.position ?? null,
    firmness: fact.stance?.firmness ?? null,
    conditionsAdded: fact.stance?.conditions?.added ?? [],
    conditionsDropped: fact.stance?.conditions?.dropped ?? [],
    counted: countsAsFact(fact),
  }));
}

export function utteranceRows(fact: Fact): Row<PositionTables['utterance']>[] {
  return utterancesOf(fact).map(({ speaker }) => ({
    speaker,
    occurred: fact.occurred,
    claimed_reiteration: fact.stance?.claimedReiteration ?? false,
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
  }));
}
