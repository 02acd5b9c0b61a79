// The fields that everything said has in common.
import { actorRef, actorRefs } from './reference.ts';
import { bearsOn } from './bears-on.ts';
import { text } from './text.ts';

export const utterance = {
  speaker: actorRef,
  onBehalfOf: actorRef.optional().meta({
    description: 'Whom the speaker speaks for, where that is not its own office: it counts as that actor’s words.',
  }),
  addressees: actorRefs(1).optional(),
  summary: text(2_000),
  quote: text(10_000).optional().meta({ description: 'The words themselves, verbatim.' }),
  issues: bearsOn,
};
