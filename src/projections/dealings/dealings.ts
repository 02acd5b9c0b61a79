// Dealings of actors with each other: contacts, and relations by month.
import { codingOf } from '../../domain/codings/coding-of.ts';
import { dyadOf } from '../../domain/dyad.ts';
import { countsAsFact } from '../../domain/event-type.ts';
import type { Fact } from '../../domain/fact.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import { affiliationHandlers } from '../affiliations.ts';
import { defineProjection, everyType } from '../projection.ts';
import { dayBounds, type Row } from '../table.ts';
import { exchanges } from './derive-exchanges.ts';
import { dealingTables, type DealingTables } from './tables.ts';

const ENCOUNTERS = ['CallHeld', 'MeetingHeld'];

export const dealings = defineProjection<DealingTables>({
  name: 'dealings',
  version: 2,
  tables: dealingTables,
  handlers: {
    ...everyType<DealingTables>((fact) => ({ dealing: dealingRows(fact) })),
    ...affiliationHandlers,
  },
  derived: exchanges,
});

function dealingRows(fact: Fact): Row<DealingTables['dealing']>[] {
  const { from, to } = dyadOf(fact);
  const coding = codingOf(fact);
  if (from.length === 0 || to.length === 0 || coding === null || !countsAsFact(fact)) return [];
  const { cameo } = coding;
  const { corrections } = fact;
  const held = ENCOUNTERS.includes(fact.type);
  return [{ from, to, cameo, held, ...dayBounds(parseOccurred(fact.occurred)), corrections }];
}
