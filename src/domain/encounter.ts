// What calls and meetings have in common: whoever began or hosted one was part of it.
import type { EventContent, NewEvent } from './event.ts';
import type { Violation } from './event-type.ts';
import type { Known } from './known.ts';
import { parseOccurred } from './occurred.ts';
import { principalOf } from './principal.ts';

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
