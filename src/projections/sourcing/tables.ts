// The tables of the sourcing: every report of a fact, every dispute about it, and derived from them what each fact rests on.
import type { Sourcing } from '../../domain/sourcing.ts';
import {
  boolean,
  day,
  derivedTable,
  integer,
  integerOrNull,
  sequenceList,
  table,
  text,
  textList,
  textOrNull,
  uuid,
  wordOrNull,
} from '../table.ts';

export const sourcingTables = {
  report: table(
    {
      /** The fact that is reported. */
      fact: uuid,
      publisher: textOrNull,
      reports: integer,
      independent: boolean,
      anonymous: textList,
      reliability: wordOrNull<NonNullable<Sourcing['reliability']>>(),
      credibility: integerOrNull,
      /** Of the fact itself; of what corroborates it, not looked at. */
      type: text,
      earliest: day,
      latest: day,
      actors: textList,
      corrections: sequenceList,
    },
    ['(fact)'],
  ),
  dispute: table({ fact: uuid, corrections: sequenceList }, ['(fact)']),
  /** What each fact about the world rests on. */
  sourcing: derivedTable(
    {
      type: text,
      earliest: day,
      latest: day,
      actors: textList,
      corrections: sequenceList,
      mentions: integer,
      sources: integer,
      anonymous: textList,
      reliability: wordOrNull<NonNullable<Sourcing['reliability']>>(),
      credibility: integerOrNull,
      disputes: integer,
    },
    [
      '(event)',
      '(earliest, latest, sequence)',
      '(type, earliest, latest, sequence)',
      '(earliest, latest, sequence) where sources > 1',
      'using gin (actors)',
      "(earliest, latest, sequence) where anonymous <> '{}'",
      '(earliest, latest, sequence) where disputes > 0',
    ],
  ),
};

export type SourcingTables = typeof sourcingTables;
