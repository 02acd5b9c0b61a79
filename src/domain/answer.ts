// What demands and proposals get for an answer, and which of them can be answered at all.
import { z } from 'zod';
import type { NewEvent } from './event.ts';
import { countsAsFact, typeViolations, type Violation } from './event-type.ts';
import type { Fact } from './fact.ts';
import type { Known } from './known.ts';
import { parseOccurred } from './occurred.ts';
import { principalsOf } from './utterance.ts';

export const ANSWERS = ['accepted', 'partly_met', 'refused'] as const;

export const answer = z.enum(ANSWERS);

/**
 * Each of the demands is of one of these types and open when it is answered: stated by then, not withdrawn by then, and not one's
 * own. A demand that was answered may be answered again: whoever refused may give in.
 */
export function answeredViolations(
  event: NewEvent,
  { ids, pointer, types }: { ids: string[]; pointer: string; types: string[] },
  known: Known,
): Violation[] {
  return ids.flatMap((id, n) => openViolations(event, known.fact(id)!, { pointer: `${pointer}/${n}`, types }, known));
}

function openViolations(
  event: NewEvent,
  demand: Fact,
  { pointer, types }: { pointer: string; types: string[] },
  known: Known,
): Violation[] {
  const wrongType = typeViolations(pointer, demand, types);
  if (wrongType.length > 0) return wrongType;
  const own = principalsOf(event, known);
  if (principalsOf(demand, known).every((principal) => own.includes(principal)))
    return [{ pointer, found: `what ${own.join(' and ')} put forward`, expected: 'what somebody else did' }];
  const unstated = unstatedViolations(event, demand, pointer);
  if (unstated.length > 0) return unstated;
  const withdrawal = withdrawalOf(demand, known);
  if (withdrawal && countsAsFact(event) && hasBegun(withdrawal, parseOccurred(event.occurred).earliest))
    return [
      { pointer, found: `a demand that was withdrawn on ${withdrawal.occurred}`, expected: 'one that is still open' },
    ];
  return [];
}

/** Nothing becomes of a demand, or of a proposal, before it is stated. */
export function unstatedViolations(event: NewEvent, demand: Fact, pointer: string): Violation[] {
  const { latest } = parseOccurred(event.occurred);
  const { earliest } = parseOccurred(demand.occurred);
  if (latest === null || earliest === null || latest >= earliest) return [];
  return [
    { pointer, found: `what was stated only on ${demand.occurred}`, expected: `one stated by ${event.occurred}` },
  ];
}

/** The withdrawal of a demand, where there is one that counts. It is in the demand's own stream. */
export function withdrawalOf({ stream }: Pick<Fact, 'stream'>, known: Known): Fact | undefined {
  return known.factsIn(stream).find((fact) => fact.type === 'DemandWithdrawn' && countsAsFact(fact));
}

function hasBegun({ occurred }: Fact, day: string | null): boolean {
  const { earliest } = parseOccurred(occurred);
  return earliest === null || (day !== null && earliest <= day);
}
