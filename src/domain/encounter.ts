// What calls and meetings have in common: whoever began or hosted one was part of it, and it may have been announced.
import { z } from 'zod';
import type { EventContent, NewEvent } from './event.ts';
import { countsAsFact, typeViolations, type Dyad, type Violation } from './event-type.ts';
import type { Fact } from './fact.ts';
import type { Known } from './known.ts';
import { parseOccurred } from './occurred.ts';
import { principalOf } from './principal.ts';
import { eventRef } from './reference.ts';
import { text } from './text.ts';

/** What was talked about, in words. */
export const topics = z.array(text(200)).min(1).max(50).optional();
export const format = z.enum(['bilateral', 'multilateral', 'summit', 'visit']).optional();
export const announced = eventRef.optional().meta({ description: 'The announcement that came true with it.' });

/** Every participant meets every other. */
export function among({ participants }: { participants: string[] }): Dyad {
  return { from: participants, to: participants };
}

export function announcedViolations(
  { data }: NewEvent<EventContent<string, { announced?: string | undefined }>>,
  known: Known,
): Violation[] {
  if (data.announced === undefined) return [];
  return typeViolations('/data/announced', known.fact(data.announced)!, ['EncounterAnnounced']);
}

/** The cancellation of an announced encounter, where there is one that counts. It is in the stream of the announcement. */
export function cancellationOf({ stream }: Pick<Fact, 'stream'>, known: Known): Fact | undefined {
  return known.factsIn(stream).find((fact) => fact.type === 'EncounterCancelled' && countsAsFact(fact));
}

/** The party in `field` is one of the participants, or somebody one of them speaks for on that day. */
export function partyViolations(
  event: NewEvent<
    EventContent<string, { participants: string[]; initiator?: string | undefined; host?: string | undefined }>
  >,
  field: 'initiator' | 'host',
  known: Known,
): Violation[] {
  const { participants } = event.data;
  const party = event.data[field];
  if (party === undefined || participants.includes(party)) return [];
  const day = parseOccurred(event.occurred);
  const principals = participants.map((speaker) => principalOf({ speaker, ...day }, known));
  if (principals.includes(party)) return [];
  return [
    {
      pointer: `/data/${field}`,
      found: `"${party}"`,
      expected: `one of ${[...new Set([...participants, ...principals])].join(', ')}: a participant, or whom one of them speaks for`,
    },
  ];
}
