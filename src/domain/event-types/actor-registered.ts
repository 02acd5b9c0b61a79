import { z } from 'zod';
import { actorKind } from '../actor-kind.ts';
import { defineEventType } from '../event-type.ts';
import { actorRef, slug } from '../reference.ts';
import { text } from '../text.ts';

export const ActorRegistered = defineEventType({
  type: 'ActorRegistered',
  family: 'registry',
  summary: 'An actor got a slug, by which every other event names it.',
  data: z.strictObject({
    actor: slug,
    kind: actorKind,
    name: text(200),
    represents: actorRef
      .optional()
      .meta({ description: 'The actor this institution speaks for (the Kremlin: russia).' }),
    aliases: z.array(text(200)).min(1).max(100).optional(),
    iso3166: z
      .string()
      .regex(/^[A-Z]{2}$/, 'expected an ISO 3166-1 alpha-2 code such as DE')
      .optional(),
    wikidata: z
      .string()
      .regex(/^Q[1-9][0-9]{0,11}$/, 'expected a Wikidata item such as Q183')
      .optional(),
  }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }, known) =>
    known.hasActor(data.actor)
      ? [
          {
            pointer: '/data/actor',
            found: `"${data.actor}", which is registered already`,
            expected: 'a slug that is not taken; to change a name, record ActorRenamed',
          },
        ]
      : [],
  example: {
    occurred: '1949-05-23',
    data: {
      actor: 'germany',
      kind: 'state',
      name: 'Germany',
      aliases: ['Berlin'],
      iso3166: 'DE',
      wikidata: 'Q183',
    },
  },
});
