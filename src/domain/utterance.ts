// The fields that everything said has in common, and whose words they are.
import { z } from 'zod';
import { bearsOn } from './bears-on.ts';
import type { EventContent } from './event.ts';
import type { Dyad } from './event-type.ts';
import { parseOccurred } from './occurred.ts';
import { type Affiliations, principalOf, voiceOf } from './principal.ts';
import { actorRef, actorRefs } from './reference.ts';
import { text } from './text.ts';

const said = {
  speaker: actorRef,
  onBehalfOf: actorRef.optional().meta({
    description: 'Whom the speaker speaks for, where that is not its own office: it counts as that actor’s words.',
  }),
  jointlyWith: actorRefs(1).optional().meta({
    description: 'Those who say it together with the speaker: it counts as their words as much.',
  }),
  addressees: actorRefs(1).optional(),
  summary: text(2_000),
  quote: text(10_000).optional().meta({ description: 'The words themselves, verbatim.' }),
  issues: bearsOn,
};

/** What an utterance says about who says it, and to whom. */
export interface Said {
  speaker: string;
  onBehalfOf?: string | undefined;
  jointlyWith?: string[] | undefined;
  addressees?: string[] | undefined;
}

/** The data of an utterance: what all have in common, and `more`. */
export function utterance<More extends z.ZodRawShape>(more: More) {
  return z.strictObject({ ...said, ...more }).refine((data) => isSaidWithOthers(data as unknown as Said), {
    path: ['jointlyWith'],
    error: 'expected others than the speaker, and than whom it speaks for',
  });
}

function isSaidWithOthers({ speaker, onBehalfOf, jointlyWith = [] }: Said): boolean {
  return !jointlyWith.some((other) => other === speaker || other === onBehalfOf);
}

/** Each who says it, with whom that one speaks for; nobody where the data is not that of an utterance. */
export function speakersOf({ speaker, onBehalfOf, jointlyWith = [] }: Partial<Said>) {
  if (speaker === undefined) return [];
  return [
    { speaker, onBehalfOf: onBehalfOf ?? null },
    ...jointlyWith.map((also) => ({ speaker: also, onBehalfOf: null })),
  ];
}

/** Whom the words count for, on the day they are said. */
export function principalsOf(
  { data, occurred }: Pick<EventContent, 'data' | 'occurred'>,
  known: Affiliations,
): string[] {
  const day = parseOccurred(occurred);
  return [...new Set(speakersOf(data).map((voice) => principalOf({ ...voice, ...day }, known)))];
}

/** Those who say it act towards those it is said to. */
export function saidTo(data: Said): Dyad {
  return { from: speakersOf(data).map(voiceOf), to: data.addressees ?? [] };
}
