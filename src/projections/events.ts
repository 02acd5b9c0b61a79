// The index over the facts of the log: by type, actor, issue, stream, words and date, and who reacted to what.
import type { Fact } from '../domain/fact.ts';
import { isAboutEvent } from '../domain/fact.ts';
import { parseOccurred } from '../domain/occurred.ts';
import { eventTypeOf } from '../domain/vocabulary.ts';
import { defineProjection, everyType } from './projection.ts';
import { boolean, day, dayBounds, sequenceList, table, text, textList, textOrNull, uuid } from './table.ts';

export const eventTables = {
  entry: table(
    {
      type: text,
      stream: text,
      actors: textList,
      issues: textList,
      correlation: textOrNull,
      /** The summary and the words quoted, for searching. */
      words: text,
      /** Whether it tells of the world, and not of another event. */
      of_world: boolean,
      earliest: day,
      latest: day,
      /** The sequences of the corrections that make this account. */
      corrections: sequenceList,
    },
    [
      '(earliest, latest, sequence)',
      '(stream)',
      '(correlation)',
      '(type, sequence)',
      'using gin (actors)',
      'using gin (issues)',
    ],
  ),
  reaction: table({ target: uuid }, ['(target)']),
};

export const events = defineProjection({
  name: 'events',
  version: 1,
  tables: eventTables,
  handlers: {
    ...everyType<typeof eventTables>((fact) => ({ entry: [entryOf(fact)] })),
    ReactionIssued: (fact) => ({
      entry: [entryOf(fact)],
      reaction: fact.data.to.kind === 'event' ? [{ target: fact.data.to.event }] : [],
    }),
  },
});

function entryOf(fact: Fact) {
  const { data } = fact;
  return {
    type: fact.type,
    stream: fact.stream,
    actors: named(fact, 'actor'),
    issues: named(fact, 'issue'),
    correlation: fact.correlationId ?? null,
    words: [data['summary'], data['quote'], data['proposition'], data['name'], data['reason']]
      .filter((part) => typeof part === 'string')
      .join('\n'),
    of_world: !isAboutEvent(fact),
    ...dayBounds(parseOccurred(fact.occurred)),
    corrections: fact.corrections,
  };
}

/** The actors or issues the event is about: those it refers to, and the one it registers. A source's own authors do not take part. */
function named(fact: Fact, kind: 'actor' | 'issue'): string[] {
  const referred = eventTypeOf(fact)
    .references(fact)
    .filter((reference) => reference.kind === kind && !reference.pointer.startsWith('/attribution'))
    .map(({ target }) => target);
  const registered = fact.data[kind];
  return [...new Set(typeof registered === 'string' ? [registered, ...referred] : referred)];
}
