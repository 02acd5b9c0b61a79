// The tables of the sourcing: every report of a fact, every dispute about it, and derived from them what each fact rests on.
import type { Sourcing } from '../../domain/sourcing.ts';
import { BY_DATE } from '../place.ts';
import {
  boolean,
  day,
  derivedTable,
  integer,
  integerOrNull,
  KNOWN,
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
      corrections: sequenceList,
      mentions: integer,
      sources: integer,
      anonymous: textList,
      reliability: wordOrNull<NonNullable<Sourcing['reliability']>>(),
      credibility: integerOrNull,
    },
    ['(event)'],
  ),
  /** What is sought by, under the name of every actor who takes part and once under {@link ANYBODY}: a list is a walk along an index. */
  listing: derivedTable(
    { name: text, type: text, sources: integer, anonymous: boolean, disputed: boolean, earliest: day, latest: day },
    [
      `(name, ${BY_DATE}, ${KNOWN}, sources, anonymous, disputed, type)`,
      `(name, ${BY_DATE}, ${KNOWN}, type) where anonymous`,
      `(name, ${BY_DATE}, ${KNOWN}, type) where disputed`,
      `(name, ${BY_DATE}, ${KNOWN}, type) where sources > 1`,
    ],
  ),
};

export type SourcingTables = typeof sourcingTables;
