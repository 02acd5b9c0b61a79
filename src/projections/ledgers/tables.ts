// The tables of the ledgers: every step of every thing, and derived from them how each thing stands from which day to which.
import { affiliationTables } from '../affiliations.ts';
import type { Ledger, Status } from '../../domain/ledger.ts';
import { BY_DATE } from '../place.ts';
import {
  boolean,
  day,
  derivedTable,
  json,
  KNOWN,
  sequenceList,
  table,
  text,
  textList,
  uuid,
  word,
  wordOrNull,
} from '../table.ts';

/** An actor as it is named, and whom it counts for on that day. */
export interface Party {
  actor: string;
  principal: string;
}

/** Who takes part in a step. */
export interface Parties {
  sequence: number;
  from: Party[];
  to: Party[];
}

export const ledgerTables = {
  ...affiliationTables,
  step: table(
    {
      /** The event that opened the thing. */
      thing: uuid,
      /** The ledger that the step opens a thing in; null where it is a later step. */
      ledger: wordOrNull<Ledger>(),
      status: wordOrNull<Status>(),
      counted: boolean,
      /** Of a demand: it must be met before talks, and counts. */
      precondition: boolean,
      earliest: day,
      latest: day,
      from: textList,
      to: textList,
      corrections: sequenceList,
    },
    ['(thing)', 'using gin ("from")', 'using gin ("to")'],
  ),
  /** Who takes part in the steps of a thing, and whom they count for. */
  thing: derivedTable({ parties: json<Parties[]>() }, ['(event)']),
  /**
   * How a thing stands, for each span of days in which it has one status (`begins` belongs to it, `ends` does not), under the name
   * of everybody who opened it or whom it is directed at, and once under {@link ANYBODY}: every list is a walk along an index.
   */
  listing: derivedTable(
    {
      name: text,
      ledger: word<Ledger>(),
      status: word<Status>(),
      /** The event that set the status. */
      since: uuid,
      /** Of a demand: it blocks talks as long as it is not met. */
      blocking: boolean,
      begins: day,
      ends: day,
      earliest: day,
      latest: day,
    },
    [
      '(event)',
      `(name, ledger, ${BY_DATE}, ${KNOWN}, begins, ends)`,
      `(name, ledger, status, ${BY_DATE}, ${KNOWN}, begins, ends)`,
      `(name, ledger, ${BY_DATE}, ${KNOWN}, begins, ends) where blocking`,
    ],
  ),
  aid: table({ donor: text, recipient: text, earliest: day, latest: day, corrections: sequenceList }, [
    `(donor, recipient, ${BY_DATE}, ${KNOWN})`,
    `(donor, ${BY_DATE}, ${KNOWN})`,
    `(recipient, ${BY_DATE}, ${KNOWN})`,
    `(${BY_DATE}, ${KNOWN})`,
  ]),
};

export type LedgerTables = typeof ledgerTables;
