// A place on the time line, after which a page of a list begins.
import { sql } from 'kysely';
import type { Fact } from '../domain/fact.ts';
import { parseOccurred } from '../domain/occurred.ts';
import { dayBounds } from './table.ts';

/** Dates as `day` columns hold them. */
export interface Place {
  earliest: string;
  latest: string;
  sequence: number;
}

/** The order of dates, as SQL; for an index and for `order by`. */
export const BY_DATE = 'earliest, latest, sequence';

export function placeOf({ occurred, sequence }: Pick<Fact, 'occurred' | 'sequence'>): Place {
  return { ...dayBounds(parseOccurred(occurred)), sequence };
}

/** Rows after a place, in the order of dates; for `where`, on the alias of the table if there is one. */
export function isAfter({ earliest, latest, sequence }: Place, alias?: string) {
  const columns = ['earliest', 'latest', 'sequence'].map((name) =>
    sql.ref(alias === undefined ? name : `${alias}.${name}`),
  );
  return sql<boolean>`(${sql.join(columns)}) > (${earliest}::date, ${latest}::date, ${sequence})`;
}
