// The tables of the positions: what facts contribute, and the series derived from them.
import type { Change } from '../../domain/series.ts';
import type { Firmness } from '../../domain/stance.ts';
import { officeTable } from '../office-rows.ts';
import {
  boolean,
  day,
  derivedTable,
  integerOrNull,
  json,
  table,
  text,
  textList,
  textOrNull,
  uuidOrNull,
  wordOrNull,
} from '../table.ts';
import type { AssertionEvidence } from './assertion-row.ts';

export const positionTables = {
  office: officeTable,
  representation: table({ actor: text, represents: text }, ['(actor)']),
  /** Written by deriving alone: whom an utterance counts for and what it changed depend on other facts. */
  assertion: derivedTable(
    {
      principal: text,
      issue: text,
      speaker: text,
      on_behalf_of: textOrNull,
      position: integerOrNull,
      firmness: wordOrNull<Firmness>(),
      conditions_added: textList,
      conditions_dropped: textList,
      claimed_reiteration: boolean,
      counted: boolean,
      occurred: text,
      earliest: day,
      latest: day,
      change: wordOrNull<Change>(),
      direction: wordOrNull<'support' | 'oppose'>(),
      delta: integerOrNull,
      previous: uuidOrNull,
      renewed: boolean,
      evidence: json<AssertionEvidence>(),
    },
    ['(principal, issue, earliest, latest, sequence)', '(issue, principal, earliest, latest, sequence)', '(speaker)'],
  ),
};

export type PositionTables = typeof positionTables;
