// What facts rest on: each that got or lost a report or a dispute is told anew.
import { sourcingOf } from '../../domain/sourcing.ts';
import { derivedByKey } from '../derive.ts';
import { ANYBODY, type StoredRow } from '../table.ts';
import { sourcingTables, type SourcingTables } from './tables.ts';

type Report = StoredRow<SourcingTables['report']>;
type Dispute = StoredRow<SourcingTables['dispute']>;

export const restingOn = derivedByKey<Report | Dispute, Pick<SourcingTables, 'sourcing' | 'listing'>>({
  derived: { sourcing: sourcingTables.sourcing, listing: sourcingTables.listing },
  key: 'event',
  inputs: { report: 'fact', dispute: 'fact' },
  keyType: 'uuid',
  rowsOf: (id, known) => {
    const reports = known.filter((input): input is Report => 'reports' in input);
    const own = reports.find(({ event }) => event === id);
    if (!own) return { sourcing: [], listing: [] };
    const { type, earliest, latest, actors, corrections, event, sequence } = own;
    const rests = sourcingOf(reports);
    const evidence = { event, sequence };
    const sought = {
      type,
      sources: rests.sources,
      anonymous: rests.anonymous.length > 0,
      disputed: known.length > reports.length,
      earliest,
      latest,
      ...evidence,
    };
    return {
      sourcing: [{ corrections, ...rests, ...evidence }],
      listing: [ANYBODY, ...actors].map((name) => ({ name, ...sought })),
    };
  },
});
