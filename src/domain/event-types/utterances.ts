// What actors say: statements, demands, positions and reactions.
import { z } from 'zod';
import { answer, answeredViolations } from '../answer.ts';
import { defineEventType, ownStream, typeViolations } from '../event-type.ts';
import { actorRef, eventRef, eventRefs, issueRef } from '../reference.ts';
import { text } from '../text.ts';
import { saidTo, utterance } from '../utterance.ts';

export const StatementMade = defineEventType({
  type: 'StatementMade',
  family: 'utterance',
  summary: 'An actor said something on record: a readout, an interview, an address or a press statement.',
  data: utterance({
    form: z.enum(['readout', 'interview', 'address', 'press_statement']).optional(),
    medium: actorRef.optional().meta({ description: 'The medium it was said to.' }),
    readoutOf: eventRef.optional().meta({ description: 'The encounter that this is a readout of.' }),
  }),
  stance: 'optional',
  stream: ownStream('statement'),
  cameo: () => '010',
  dyad: saidTo,
  rule: ({ data: { readoutOf } }, known) =>
    readoutOf === undefined
      ? []
      : typeViolations('/data/readoutOf', known.fact(readoutOf)!, ['CallHeld', 'MeetingHeld']),
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

export const DemandStated = defineEventType({
  type: 'DemandStated',
  family: 'utterance',
  summary: 'An actor asked others to do something, from an appeal to an ultimatum.',
  data: utterance({
    force: z.enum(['appeal', 'urge', 'demand', 'insist', 'condition', 'ultimatum']),
    kind: z
      .enum(['substantive', 'precondition'])
      .optional()
      .meta({ description: 'A precondition must be met before talks; `substantive` where nothing is said.' }),
  }),
  stance: 'optional',
  stream: ownStream('demand'),
  cameo: ({ force }) => (force === 'ultimatum' ? '139' : force === 'appeal' || force === 'urge' ? '020' : '100'),
  dyad: saidTo,
  rule: ({ data: { speaker, onBehalfOf, jointlyWith = [], addressees = [] } }) => {
    const own = [onBehalfOf, ...jointlyWith];
    return addressees.flatMap((addressee, n) => {
      if (addressee !== speaker && !own.includes(addressee)) return [];
      const found = addressee === speaker ? 'the speaker' : `"${addressee}", whose own demand it is`;
      return [{ pointer: `/data/addressees/${n}`, found, expected: 'somebody else: nobody demands of oneself' }];
    });
  },
  example: {
    occurred: '2024-11-15',
    data: {
      speaker: 'olaf-scholz',
      addressees: ['vladimir-putin'],
      force: 'urge',
      summary: 'Russia should withdraw its troops and end the war',
    },
    stance: { issue: 'troop-withdrawal', position: 2, firmness: 'firm' },
  },
});

export const PositionStated = defineEventType({
  type: 'PositionStated',
  family: 'utterance',
  summary: 'An actor said where it stands on an issue.',
  data: utterance({
    answers: z
      .strictObject({ demands: eventRefs(), answer })
      .optional()
      .meta({ description: 'The recorded demands that the position answers, and how.' }),
  }),
  stance: 'required',
  stream: ownStream('statement'),
  cameo: () => '010',
  dyad: saidTo,
  rule: (event, known) =>
    answeredViolations(
      event,
      { ids: event.data.answers?.demands ?? [], pointer: '/data/answers/demands', types: ['DemandStated'] },
      known,
    ),
  example: {
    occurred: '2024-11~',
    data: { speaker: 'ukraine', summary: 'Kyiv rules out leaving occupied land to Russia' },
    stance: { issue: 'territorial-settlement', position: -2, firmness: 'red_line' },
  },
});

export const PositionWithdrawn = defineEventType({
  type: 'PositionWithdrawn',
  family: 'utterance',
  summary: 'An actor no longer holds its position on an issue, and has taken no other.',
  data: utterance({ issue: issueRef }),
  stance: 'none',
  stream: ownStream('statement'),
  cameo: () => '010',
  dyad: saidTo,
  example: {
    occurred: '2024-12-01',
    data: {
      speaker: 'ukraine',
      issue: 'territorial-settlement',
      summary: 'Kyiv takes back its refusal and keeps its answer open',
    },
  },
});

export const ReactionIssued = defineEventType({
  type: 'ReactionIssued',
  family: 'utterance',
  summary: 'An actor welcomed or condemned an event, a conduct or a proposal.',
  data: utterance({
    to: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('event'), event: eventRef }),
        z.strictObject({ kind: z.literal('conduct'), of: actorRef.optional(), description: text(500) }),
        z.strictObject({ kind: z.literal('proposal'), of: actorRef.optional(), description: text(500) }),
      ])
      .meta({ description: 'What is reacted to: a recorded event, or a conduct or proposal in words.' }),
    sentiment: z
      .int()
      .min(-2)
      .max(2)
      .meta({ description: '−2 condemned, −1 criticised, 0 took note, +1 approved, +2 welcomed.' }),
  }),
  stance: 'optional',
  stream: ownStream('reaction'),
  cameo: ({ sentiment }) => (sentiment < 0 ? '111' : sentiment > 0 ? '051' : '010'),
  dyad: saidTo,
  example: {
    occurred: '2024-11-15~',
    data: {
      speaker: 'volodymyr-zelenskiy',
      to: { kind: 'event', event: '0193302f-1c00-7000-8000-000000000001' },
      sentiment: -2,
      summary: 'The call weakens Russia’s isolation',
    },
    stance: { issue: 'direct-contact-with-putin', position: -2, firmness: 'firm' },
  },
});
