// Works a page of changes into what facts rest on: each that got or lost a report or a dispute is told anew.
import { sql, type Kysely, type Transaction } from 'kysely';
import { sourcingOf } from '../../domain/sourcing.ts';
import { derive, type Derivation } from '../derive.ts';
import type { FactChange } from '../fact-changes.ts';
import type { DatabaseOf } from '../projection.ts';
import { knownSince } from '../read-model.ts';
import { ANYBODY, type StoredRow } from '../table.ts';
import { sourcingTables, type SourcingTables } from './tables.ts';

type Report = StoredRow<SourcingTables['report']>;
type Dispute = StoredRow<SourcingTables['dispute']>;

export async function deriveSourcing(
  changes: FactChange[],
  tables: Transaction<DatabaseOf<SourcingTables>>,
  schema: string,
): Promise<void> {
  await derive(changes, tables as Kysely<any>, schema, derivation(tables));
}

function derivation(
  tables: Kysely<DatabaseOf<SourcingTables>>,
): Derivation<Report | Dispute, Pick<SourcingTables, 'sourcing' | 'listing'>> {
  return {
    derived: { sourcing: sourcingTables.sourcing, listing: sourcingTables.listing },
    key: { column: 'event', type: 'uuid' },
    touches: ({ before, after }) => {
      const { id, type, data } = (before ?? after)!;
      return [type === 'EventCorroborated' || type === 'EventDisputed' ? (data['event'] as string) : id];
    },
    inputs: async (facts, since) => {
      const own = sql<boolean>`fact = any(${facts}::uuid[])`;
      const reports = await tables.selectFrom('report').selectAll().where(own).where(knownSince(since)).execute();
      const disputes = await tables.selectFrom('dispute').selectAll().where(own).where(knownSince(since)).execute();
      return Map.groupBy([...reports, ...disputes], ({ fact }) => fact);
    },
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
  };
}
