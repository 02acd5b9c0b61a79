import { z } from 'zod';
import { defineEventType } from '../event-type.ts';
import { actorRef } from '../reference.ts';
import { text } from '../text.ts';

export const OfficeVacated = defineEventType({
  type: 'OfficeVacated',
  family: 'registry',
  summary: 'An actor left an office; from that day on it no longer speaks in it.',
  data: z.strictObject({ actor: actorRef, office: text(200), of: actorRef }),
  stance: 'none',
  stream: (event) => `actor-${event.data.actor}`,
  cameo: () => null,
  rule: ({ data }, known) => {
    const assumed = known.officeRecords(data.actor).filter(({ change }) => change === 'assumed');
    if (assumed.some(({ office, of }) => office === data.office && of === data.of)) return [];
    const offices = assumed.map(({ office, of }) => `"${office}" of ${of}`);
    return [
      {
        pointer: '/data/office',
        found: `"${data.office}" of ${data.of}, which ${data.actor} is not recorded to have assumed`,
        expected: offices.length > 0 ? `one of ${offices.join(', ')}` : 'an office recorded by OfficeAssumed',
      },
    ];
  },
  example: {
    occurred: '2025-05-06',
    data: { actor: 'olaf-scholz', office: 'Federal Chancellor', of: 'germany' },
  },
});
