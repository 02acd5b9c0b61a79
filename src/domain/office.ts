// Reads the records about offices and representation out of registry facts.
import type { Fact } from './fact.ts';
import { parseOccurred } from './occurred.ts';
import type { OfficeRecord } from './principal.ts';
import type { Content } from './vocabulary.ts';

/** What a fact says about an office. */
export function officeRecordOf(fact: Fact<Content<'OfficeAssumed' | 'OfficeVacated'>>): OfficeRecord {
  const { earliest, latest } = parseOccurred(fact.occurred);
  return {
    change: fact.type === 'OfficeAssumed' ? 'assumed' : 'vacated',
    office: fact.data.office,
    of: fact.data.of,
    occurred: fact.occurred,
    earliest,
    latest,
    event: fact.id,
    sequence: fact.sequence,
  };
}
