// The fields that acts have in common: who acts, and on whom.
import { bearsOn } from './bears-on.ts';
import type { Dyad, Violation } from './event-type.ts';
import { actorRef, actorRefs } from './reference.ts';
import { text } from './text.ts';

export const act = {
  actor: actorRef,
  jointlyWith: actorRefs(1).optional().meta({ description: 'Those who act together with the actor.' }),
  targets: actorRefs(1).optional(),
  summary: text(2_000),
  issues: bearsOn,
};

interface Done {
  actor: string;
  jointlyWith?: string[] | undefined;
  targets?: string[] | undefined;
}

/** Nobody acts together with oneself. */
export function togetherViolations({ data: { actor, jointlyWith = [] } }: { data: Done }): Violation[] {
  return jointlyWith.flatMap((other, n) =>
    other === actor
      ? [{ pointer: `/data/jointlyWith/${n}`, found: 'the actor', expected: 'others than the actor' }]
      : [],
  );
}

/** Those who act, towards those whom it concerns. */
export function actedOn(data: Done): Dyad {
  return { from: [data.actor, ...(data.jointlyWith ?? [])], to: data.targets ?? [] };
}
