// Records about offices as a table: the actors' read model shows them, the positions' resolves principals by them.
import type { Fact } from '../domain/fact.ts';
import { officeRecordOf } from '../domain/office.ts';
import type { OfficeRecord } from '../domain/principal.ts';
import type { Content } from '../domain/vocabulary.ts';
import { day, dayBounds, intervalOf, table, text, word, type Row, type StoredRow } from './table.ts';

export const officeTable = table(
  {
    actor: text,
    change: word<OfficeRecord['change']>(),
    office: text,
    of: text,
    occurred: text,
    earliest: day,
    latest: day,
  },
  ['(actor)'],
);

export function officeRows(fact: Fact<Content<'OfficeAssumed' | 'OfficeVacated'>>): Row<typeof officeTable>[] {
  const { change, office, of, occurred, ...record } = officeRecordOf(fact);
  return [{ actor: fact.data.actor, change, office, of, occurred, ...dayBounds(record) }];
}

/** The record a row was made from. */
export function officeRecordFromRow(row: StoredRow<typeof officeTable>): OfficeRecord {
  const { change, office, of, occurred, event, sequence } = row;
  return { change, office, of, occurred, event, sequence, ...intervalOf(row) };
}
