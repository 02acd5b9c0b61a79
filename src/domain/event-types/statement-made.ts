import { z } from 'zod';
import { defineEventType, ownStream } from '../event-type.ts';
import { actorRef, eventRef } from '../reference.ts';
import { utterance } from '../utterance.ts';

export const StatementMade = defineEventType({
  type: 'StatementMade',
  family: 'utterance',
  summary: 'An actor said something on record: a readout, an interview, an address or a press statement.',
  data: z.strictObject({
    ...utterance,
    form: z.enum(['readout', 'interview', 'address', 'press_statement']).optional(),
    medium: actorRef.optional().meta({ description: 'The medium it was said to.' }),
    readoutOf: eventRef.optional().meta({ description: 'The encounter that this is a readout of.' }),
  }),
  stance: 'optional',
  stream: ownStream('statement'),
  cameo: () => '010',
  rule: ({ data }, known) => {
    const encounter = data.readoutOf === undefined ? undefined : known.fact(data.readoutOf);
    if (encounter === undefined || encounter.type === 'CallHeld' || encounter.type === 'MeetingHeld') return [];
    return [
      {
        pointer: '/data/readoutOf',
        found: `an event of type ${encounter.type}`,
        expected: 'a call or a meeting',
      },
    ];
  },
  example: {
    occurred: '2024-11-15',
    data: {
      speaker: 'kremlin',
      onBehalfOf: 'russia',
      form: 'readout',
      summary: 'The Kremlin’s account of the call with the Chancellor',
    },
  },
});
