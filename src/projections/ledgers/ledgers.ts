// What becomes of demands, proposals, commitments, negotiations and encounters, step by step.
import { defineProjection } from '../projection.ts';
import { things } from './derive-things.ts';
import { ledgerHandlers } from './steps.ts';
import { ledgerTables } from './tables.ts';

export const ledgers = defineProjection({
  name: 'ledgers',
  version: 2,
  tables: ledgerTables,
  handlers: ledgerHandlers,
  derived: things,
});
