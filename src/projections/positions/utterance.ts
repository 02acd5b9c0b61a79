// What a fact says about where its speaker stands.
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import { voiceOf } from '../../domain/principal.ts';
import type { Assertion } from '../../domain/series.ts';
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
  /** The sequences of the corrections that make this account of the fact. */
  corrections: number[];
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
    corrections: fact.corrections,
    counted: countsAsFact(fact),
  }));
}

export function utteranceRows(fact: Fact): Row<PositionTables['utterance']>[] {
  return utterancesOf(fact).map((said) => ({ issue: said.issue, voice: voiceOf(said), said }));
}
