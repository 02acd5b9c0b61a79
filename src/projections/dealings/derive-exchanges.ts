// Exchanges between two actors, under every name that each goes by, and how many of them a month has.
import { sql } from 'kysely';
import type { AffiliationHistory } from '../affiliations.ts';
import { derivedByKey } from '../derive.ts';
import type { Content } from '../row-versions.ts';
import { intervalOf, type StoredRow } from '../table.ts';
import type { Tally } from '../tallies.ts';
import { dealingTables, type DealingTables } from './tables.ts';

type Dealing = StoredRow<DealingTables['dealing']>;
type Exchange = Content<DealingTables['exchange']>;

/** Whether both days lie in one month. */
const MONTHLY =
  "(x.earliest <> '-infinity' and date_trunc('month', x.earliest::timestamp) = date_trunc('month', x.latest::timestamp))";

/** By the month that both days lie in; by the days themselves where there is no such month. */
const byMonth: Tally<DealingTables['tally']> = {
  table: 'tally',
  counts: dealingTables.tally,
  of: 'exchange',
  counted: dealingTables.exchange,
  key: {
    source: 'x.source',
    target: 'x.target',
    begins: `case when ${MONTHLY} then date_trunc('month', x.earliest::timestamp)::date else x.earliest end`,
    ends: `case when ${MONTHLY} then (date_trunc('month', x.earliest::timestamp) + interval '1 month - 1 day')::date else x.latest end`,
    monthly: MONTHLY,
    cameo: 'x.cameo',
  },
};

export const exchanges = derivedByKey<Dealing, Pick<DealingTables, 'exchange'>>({
  derived: { exchange: dealingTables.exchange },
  key: 'sequence',
  inputs: { dealing: 'sequence' },
  keyType: 'bigint',
  actors: {
    of: ({ from, to }) => [...from, ...to],
    keysOf: (tables, actors) =>
      tables
        .selectFrom('exchange')
        .select('sequence as key')
        .distinct()
        .where(sql<boolean>`(source = any(${actors}::text[]) or target = any(${actors}::text[]))`)
        .where('known_until', 'is', null)
        .execute(),
  },
  rowsOf: (_key, [dealing], sequence, affiliations) => ({
    exchange: dealing ? exchangesOf(dealing, sequence, affiliations) : [],
  }),
  tallies: [byMonth],
});

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
