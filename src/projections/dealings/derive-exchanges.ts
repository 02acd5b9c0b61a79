// Works a page of changes into exchanges between two actors, under every name that each goes by, and counts them by month.
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AffiliationHistory } from '../affiliations.ts';
import { derive, type Derivation } from '../derive.ts';
import type { FactChange } from '../fact-changes.ts';
import type { DatabaseOf } from '../projection.ts';
import { knownSince } from '../read-model.ts';
import type { Content } from '../row-versions.ts';
import { intervalOf, type StoredRow } from '../table.ts';
import { Tallies } from '../tallies.ts';
import { lastDayOf } from './month.ts';
import { dealingTables, type DealingTables } from './tables.ts';

type Dealing = StoredRow<DealingTables['dealing']>;
type Exchange = Content<DealingTables['exchange']>;

export async function deriveExchanges(
  changes: FactChange[],
  tables: Transaction<DatabaseOf<DealingTables>>,
  schema: string,
): Promise<void> {
  const tallies = new Tallies('tally', dealingTables.tally, ['source', 'target', 'begins', 'ends', 'cameo']);
  const tallied = (exchanges: Exchange[]) =>
    new Map(exchanges.map(talliedAs).map((counted) => [tallies.keyOf(counted), counted]));
  await derive(changes, tables as Kysely<any>, schema, derivation(tables), (was, is, sequence) => {
    const [before, after] = [tallied(was.exchange), tallied(is.exchange)];
    // What stays is not counted anew, so that a count rests on the event that changed it.
    for (const [key, counted] of before) if (!after.has(key)) tallies.move(counted, -1, sequence);
    for (const [key, counted] of after) if (!before.has(key)) tallies.move(counted, 1, sequence);
  });
  await tallies.write(tables, schema);
}

/** Under what an exchange is counted. */
function talliedAs({ source, target, cameo, earliest, latest, event, sequence }: Exchange) {
  return { source, target, cameo, ...bucketOf(earliest, latest), event, sequence };
}

/** The month that both days lie in; the days themselves where there is no such month. */
function bucketOf(earliest: string, latest: string) {
  const month = earliest.slice(0, 7);
  if (earliest === '-infinity' || month !== latest.slice(0, 7))
    return { begins: earliest, ends: latest, monthly: false };
  return { begins: `${month}-01`, ends: lastDayOf(month), monthly: true };
}

function derivation(tables: Kysely<DatabaseOf<DealingTables>>): Derivation<Dealing, Pick<DealingTables, 'exchange'>> {
  return {
    derived: { exchange: dealingTables.exchange },
    key: { column: 'sequence', type: 'bigint' },
    touches: ({ before, after }) => [String((before ?? after)!.sequence)],
    actors: {
      of: ({ from, to }) => [...from, ...to],
      keysOf: async (actors) => {
        const rows = await tables
          .selectFrom('exchange')
          .select('sequence')
          .distinct()
          .where(sql<boolean>`(source = any(${actors}::text[]) or target = any(${actors}::text[]))`)
          .where('known_until', 'is', null)
          .execute();
        return rows.map(({ sequence }) => String(sequence));
      },
    },
    inputs: async (sequences, since) => {
      const rows = await tables
        .selectFrom('dealing')
        .selectAll()
        .where(sql<boolean>`sequence = any(${sequences}::bigint[])`)
        .where(knownSince(since))
        .execute();
      return Map.groupBy(rows, ({ sequence }) => String(sequence));
    },
    rowsOf: (_key, [dealing], sequence, affiliations) => ({
      exchange: dealing ? exchangesOf(dealing, sequence, affiliations) : [],
    }),
  };
}

/** The fact between each that acts and each other that it acts towards, once for every pair of their names. */
function exchangesOf(dealing: Dealing, known: number, affiliations: AffiliationHistory): Exchange[] {
  const { from, to, cameo, held, earliest, latest, event, sequence } = dealing;
  const day = intervalOf(dealing);
  const namesOf = (actor: string) => new Set([actor, affiliations.principalAt(known, actor, day)]);
  const named = new Map([...from, ...to].map((actor) => [actor, namesOf(actor)]));
  const exchanges = new Map<string, Exchange>();
  for (const acting of from) {
    for (const other of to.filter((slug) => slug !== acting)) {
      for (const source of named.get(acting)!) {
        for (const target of named.get(other)!) {
          if (source === target) continue;
          exchanges.set(`${source} ${target}`, { source, target, cameo, held, earliest, latest, event, sequence });
        }
      }
    }
  }
  return [...exchanges.values()];
}
