// The tables of the positions: what facts say and what is known of offices, and the classed series derived from both.
import { sql } from 'kysely';
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
import type { UtteranceEvidence } from './utterance.ts';

export const positionTables = {
  office: officeTable,
  representation: table({ actor: text, represents: text }, ['(actor)']),
  /** What is shown of an utterance and never changes with what is known of others. */
  utterance: table({
    speaker: text,
    occurred: text,
    claimed_reiteration: boolean,
    evidence: json<UtteranceEvidence>(),
  }),
  /** Whom an utterance counts for and what it changed. Narrow, because it is written anew when a neighbour appears. */
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
      counted: boolean,
      earliest: day,
      latest: day,
      change: wordOrNull<Change>(),
      direction: wordOrNull<'support' | 'oppose'>(),
      delta: integerOrNull,
      previous: uuidOrNull,
      renewed: boolean,
    },
    [
      '(principal, issue, earliest, latest, sequence)',
      '(issue, principal, earliest, latest, sequence)',
      '(coalesce(on_behalf_of, speaker))',
    ],
  ),
};

/** Whose words an assertion is, as an index finds it. */
export const VOICE = sql<string>`coalesce(on_behalf_of, speaker)`;

export type PositionTables = typeof positionTables;
