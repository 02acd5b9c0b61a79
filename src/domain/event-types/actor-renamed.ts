import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { actorRef } from '../reference.ts';
import { text } from '../text.ts';

export const ActorRenamed = defineEventType({
  type: 'ActorRenamed',
  family: 'registry',
  summary: 'An actor goes by another name from a date on, or by further spellings; its slug stays.',
  data: z
    .strictObject({
      actor: actorRef,
      name: text(200).optional().meta({ description: 'The name from now on; the former one stays as an alias.' }),
      aliases: z.array(text(200)).min(1).max(100).optional().meta({ description: 'Spellings to add.' }),
    })
    .refine((data) => data.name !== undefined || data.aliases !== undefined, 'expected a name, aliases, or both'),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  example: {
    occurred: '2024-11-15',
    data: { actor: 'volodymyr-zelenskiy', aliases: ['Zelensky', 'Zelenskyy', 'Selenskyj'] },
  },
});
