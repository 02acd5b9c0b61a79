// The index over the facts of the log: by type, actor, issue, stream, words and date, and who reacted to what.
import type { Fact } from '../domain/fact.ts';
import { isAboutEvent } from '../domain/fact.ts';
import type { Modality } from '../domain/modality.ts';
import { namedIn } from './named-in.ts';
import { placeOf } from './place.ts';
import { defineProjection, everyType, type Contribution } from './projection.ts';
import { boolean, day, KNOWN, sequenceList, table, text, textOrNull, uuid, word } from './table.ts';
import { breadth, breadthOf, keyOfPlace, place } from './time-line.ts';
import { indexWords, wordIndex } from './words.ts';

/** 0 where the fact reads as it was recorded. */
const CORRECTED_LATER = '(known_from - sequence)';
/** Written as an expression that stands in an index, because of those the planner knows how frequent each value is. */
export const AS_RECORDED = `${CORRECTED_LATER} = 0`;

export const eventTables = {
  entry: table(
    {
      type: text,
      stream: text,
      modality: word<Modality>(),
      correlation: textOrNull,
      /** The summary and the words quoted, for searching. */
      words: wordIndex,
      /** Whether it tells of the world, and not of another event. */
      of_world: boolean,
      earliest: day,
      latest: day,
      place,
      breadth,
      /** The sequences of the corrections that make this account. */
      corrections: sequenceList,
    },
    [
      `(place, ${KNOWN}) where of_world`,
      `(breadth, place, ${KNOWN}) where of_world and breadth > 0`,
      `(type, place, ${KNOWN}) where of_world`,
      `(type, breadth, place, ${KNOWN}) where of_world and breadth > 0`,
      `(modality, place, ${KNOWN}) where of_world`,
      `(correlation, place, ${KNOWN}) where of_world and correlation is not null`,
      `(type, ${CORRECTED_LATER}, sequence)`,
      `(modality, sequence) where ${AS_RECORDED}`,
      `(correlation, sequence) where ${AS_RECORDED} and correlation is not null`,
      '(stream, sequence)',
      'using gin (words)',
    ],
  ),
  /** Each actor and issue that a fact names. */
  naming: table({ name: text, place, breadth }, [
    `(name, place, ${KNOWN})`,
    `(name, breadth, place, ${KNOWN}) where breadth > 0`,
    `(name, ${CORRECTED_LATER}, sequence)`,
  ]),
  reaction: table({ target: uuid, place }, [`(target, place, ${KNOWN})`]),
};

export const events = defineProjection({
  name: 'events',
  version: 4,
  tables: eventTables,
  handlers: {
    ...everyType<typeof eventTables>(indexed),
    ReactionIssued: (fact) => {
      const { to } = fact.data;
      return {
        ...indexed(fact),
        reaction: to.kind === 'event' ? [{ target: to.event, place: keyOfPlace(placeOf(fact)) }] : [],
      };
    },
  },
  redacted: indexed,
});

/** An actor or issue as `naming` has it. */
export function nameOf(kind: 'actor' | 'issue', slug: string): string {
  return `${kind} ${slug}`;
}

function indexed(fact: Fact): Contribution<typeof eventTables> {
  const { data } = fact;
  const { earliest, latest, sequence } = placeOf(fact);
  const place = { place: keyOfPlace({ earliest, latest, sequence }), breadth: breadthOf({ earliest, latest }) };
  const entry = {
    type: fact.type,
    stream: fact.stream,
    modality: fact.modality ?? 'asserted',
    correlation: fact.correlationId ?? null,
    words: indexWords(
      [data['summary'], data['quote'], data['proposition'], data['name'], data['reason']].filter(
        (part) => typeof part === 'string',
      ),
    ),
    of_world: !isAboutEvent(fact),
    earliest,
    latest,
    ...place,
    corrections: fact.corrections,
  };
  const names = (['actor', 'issue'] as const).flatMap((kind) => namedIn(fact, kind).map((slug) => nameOf(kind, slug)));
  return { entry: [entry], naming: names.map((name) => ({ name, ...place })) };
}
