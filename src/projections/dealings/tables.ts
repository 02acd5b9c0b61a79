// The tables of the dealings: who acts towards whom in each fact, by every name that either goes by, and how often in a month.
import { affiliationTables } from '../affiliations.ts';
import { BY_DATE } from '../place.ts';
import {
  boolean,
  day,
  derivedTable,
  integer,
  KNOWN,
  sequenceList,
  summaryTable,
  table,
  text,
  textList,
} from '../table.ts';

export const dealingTables = {
  ...affiliationTables,
  /** A fact that counts, in which somebody acts towards somebody else. */
  dealing: table({
    from: textList,
    to: textList,
    cameo: text,
    /** Whether they met or spoke. */
    held: boolean,
    earliest: day,
    latest: day,
    corrections: sequenceList,
  }),
  /** A fact between two actors, each as named or as it counts. */
  exchange: derivedTable({ source: text, target: text, cameo: text, held: boolean, earliest: day, latest: day }, [
    `(source, target, ${BY_DATE}, ${KNOWN})`,
    `(source, target, ${BY_DATE}, ${KNOWN}) where held`,
    '(target)',
  ]),
  /** How many facts between the two have the code, in a month, or between days that are no month. */
  tally: summaryTable(
    { source: text, target: text, begins: day, ends: day, monthly: boolean, cameo: text, count: integer },
    ['(source, target) where known_until is null', '(source, target, begins, ends, cameo, known_from)'],
  ),
};

export type DealingTables = typeof dealingTables;
