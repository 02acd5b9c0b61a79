// A negotiation as a process: what each step makes of it, and which steps are no longer possible.
import { z } from 'zod';
import { bearsOn } from './bears-on.ts';
import type { EventContent, NewEvent } from './event.ts';
import type { Dyad, Violation } from './event-type.ts';
import { countsAsFact } from './event-type.ts';
import type { Fact } from './fact.ts';
import type { Known } from './known.ts';
import { setOn, spansOf, stepOf, type Status, type StatusOf } from './ledger.ts';
import { parseOccurred } from './occurred.ts';
import { actorRef, actorRefs, eventRef } from './reference.ts';
import { text } from './text.ts';

const STREAM = 'negotiation-';

/** What a negotiation is after a step of this type. */
const STATUS: Record<string, StatusOf<'negotiation'>> = {
  NegotiationProposed: 'proposed',
  NegotiationOpened: 'open',
  NegotiationSuspended: 'suspended',
  NegotiationResumed: 'open',
  NegotiationAbandoned: 'abandoned',
  NegotiationConcluded: 'concluded',
  AgreementReached: 'agreed',
};

/** What cannot follow any more, by status. */
const IMPOSSIBLE: Partial<Record<Status, string[]>> = {
  abandoned: ['NegotiationSuspended', 'NegotiationAbandoned'],
  concluded: [
    'NegotiationOpened',
    'NegotiationSuspended',
    'NegotiationResumed',
    'NegotiationAbandoned',
    'NegotiationConcluded',
  ],
};

const shape = {
  negotiation: eventRef.optional().meta({
    description: 'Any recorded step of the negotiation that this belongs to; left out, it is the first of its own.',
  }),
  parties: actorRefs(2).optional().meta({
    description: 'Who negotiates with whom; the first step says so. Relations count a step that names them.',
  }),
  mediators: actorRefs(1).optional(),
  subject: text(500).optional().meta({ description: 'What is negotiated.' }),
  place: text(200).optional(),
  summary: text(2_000),
  issues: bearsOn,
};

type Step = EventContent<
  string,
  { negotiation?: string | undefined; parties?: string[] | undefined; [field: string]: unknown }
>;

/** Why a negotiation stopped or went on: a recorded event, what somebody did, or what is claimed. */
const cause = z
  .strictObject({
    event: eventRef.optional(),
    actors: actorRefs(1).optional(),
    claim: text(1_000).optional(),
  })
  .refine((parts) => Object.values(parts).some((part) => part !== undefined), 'expected an event, actors, or a claim')
  .meta({ id: 'Cause' });

/** The data of a step in a negotiation: what all have in common, and `more`. */
export function negotiationStep<More extends z.ZodRawShape>(more: More) {
  return z.strictObject({ ...shape, ...more }).refine((data) => saysWhoNegotiates(data as unknown as Step['data']), {
    path: ['parties'],
    error: 'expected two parties or more, or the negotiation that this belongs to',
  });
}

function saysWhoNegotiates({ negotiation, parties }: Step['data']): boolean {
  return negotiation !== undefined || parties !== undefined;
}

/** Who stopped or resumed it, and why. */
export const turn = { by: actorRef.optional(), cause: cause.optional() };

/** The stream of the negotiation: that of the step it names, else one that this event begins. */
export function negotiationStream(event: NewEvent<Step>, known: Known): string {
  const { negotiation } = event.data;
  return negotiation === undefined ? `${STREAM}${event.id}` : known.fact(negotiation)!.stream;
}

/** The event that began the negotiation a step belongs to. */
export function negotiationOf({ stream }: Pick<Fact, 'stream'>): string {
  return stream.slice(STREAM.length);
}

/** What is said about a step is in its stream too, and is none. */
function isStep({ type }: Pick<Fact, 'type'>): boolean {
  return type in STATUS;
}

/** What a negotiation is after this step. */
export function negotiationStatus({ type, data }: EventContent): StatusOf<'negotiation'> {
  return data['stage'] === 'agreed_to_open' ? 'agreed_to_open' : STATUS[type]!;
}

export function negotiationViolations(event: NewEvent<Step>, known: Known): Violation[] {
  const { negotiation } = event.data;
  if (negotiation === undefined) return [];
  const pointer = '/data/negotiation';
  const step = known.fact(negotiation)!;
  if (!isStep(step)) return [{ pointer, found: `an event of type ${step.type}`, expected: 'a step of a negotiation' }];
  if (negotiationOf(step) === event.id)
    return [{ pointer, found: 'a later step of what this one begins', expected: 'nothing: the first step names none' }];
  if (!countsAsFact(event)) return [];
  const steps = known
    .factsIn(step.stream)
    .filter(isStep)
    .map((fact) => stepOf(fact, negotiationStatus(fact)));
  const opening = steps.find(({ event: id }) => id === negotiationOf(step)) ?? steps[0];
  // All that it could follow on was retracted.
  if (!opening) return [];
  const later = steps.filter((one) => one !== opening);
  // What has an open start comes before every day.
  const set = setOn(spansOf(opening, later), parseOccurred(event.occurred).earliest ?? '');
  if (!set?.status || !IMPOSSIBLE[set.status]?.includes(event.type)) return [];
  const { occurred } = known.fact(set.event)!;
  return [
    { pointer, found: `a negotiation that was ${set.status} on ${occurred}`, expected: 'one that still goes on' },
  ];
}

/** Every party negotiates with every other; where one of them stops or resumes it, that is done towards the others. */
export function amongParties({ parties = [], by }: Step['data']): Dyad {
  return { from: typeof by === 'string' ? [by] : parties, to: parties };
}
