// The tables of the positions: what facts say and what is known of offices, and the classed series derived from both.
import type { Change } from '../../domain/series.ts';
import type { Firmness } from '../../domain/stance.ts';
import { affiliationTables } from '../affiliations.ts';
import {
  boolean,
  day,
  derivedTable,
  integer,
  integerOrNull,
  jsonText,
  KNOWN,
  scratchTable,
  sequenceList,
  summaryTable,
  text,
  textList,
  textOrNull,
  uuidOrNull,
  wordOrNull,
} from '../table.ts';
import type { Tally } from '../tallies.ts';
import type { Utterance } from './utterance.ts';

/** The order of a series. */
const IN_ORDER = 'earliest, latest, sequence, speaker';

/** What the conditions in force depend on: where the position begins anew, and where it is tied to something. */
export const TIES =
  "(change in ('new', 'withdrawn', 'reversed') or conditions_added <> '{}' or conditions_dropped <> '{}')";
/** What changed a position. */
export const MOVED = "change <> 'reiterated'";

export const positionTables = {
  ...affiliationTables,
  /** What is said, while the read model is built: before it is known whom it counts for. */
  utterance: scratchTable({ issue: text, voice: text, said: jsonText<Utterance>() }),
  /** Whom an utterance counts for and what it changed; what was said besides is read from the log. */
  assertion: derivedTable(
    {
      principal: text,
      issue: text,
      speaker: text,
      on_behalf_of: textOrNull,
      /** Whose words they are: `on_behalf_of`, else `speaker`. */
      voice: text,
      position: integerOrNull,
      firmness: wordOrNull<Firmness>(),
      conditions_added: textList,
      conditions_dropped: textList,
      /** The place among those who say it together, from 0. */
      rank: integer,
      /** Whether the fact counts. */
      asserted: boolean,
      /** Said together with another whose words count for the same principal: said once, it is shown and counted once. */
      echo: boolean,
      /** Whether it sets the position. */
      counted: boolean,
      earliest: day,
      latest: day,
      change: wordOrNull<Change>(),
      direction: wordOrNull<'support' | 'oppose'>(),
      delta: integerOrNull,
      previous: uuidOrNull,
      renewed: boolean,
      /** The sequences of the corrections that make this account of the fact. */
      corrections: sequenceList,
    },
    [
      `(principal, issue, ${IN_ORDER}, counted) where known_until is null`,
      `(principal, issue, ${IN_ORDER}, ${KNOWN}, counted)`,
      `(principal, issue, ${IN_ORDER}, ${KNOWN}) where counted and ${TIES}`,
      `(voice, issue, principal, earliest, ${KNOWN})`,
      `(${IN_ORDER}, ${KNOWN}) where ${MOVED}`,
      `(principal, ${IN_ORDER}, ${KNOWN}) where ${MOVED}`,
      `(issue, ${IN_ORDER}, ${KNOWN}) where ${MOVED}`,
    ],
  ),
  /** Each principal and issue that ever had an assertion, since the first of them. */
  series: summaryTable({ principal: text, issue: text }, ['(principal, issue)', '(issue, principal)']),
  /** How many assertions that count a principal has made on an issue. */
  statements: summaryTable({ principal: text, issue: text, count: integer }, ['(principal, issue, known_from)']),
};

export type PositionTables = typeof positionTables;

export const statementsMade: Tally<PositionTables['statements']> = {
  table: 'statements',
  counts: positionTables.statements,
  of: 'assertion',
  counted: positionTables.assertion,
  key: { principal: 'x.principal', issue: 'x.issue' },
  where: 'x.counted',
};
