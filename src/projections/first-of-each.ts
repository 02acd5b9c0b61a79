// Pages of rows that have one of several values. An index holds each value's rows in order, not those of all of them.
import { sql, type Kysely, type RawBuilder, type SelectQueryBuilder } from 'kysely';

/** The values wanted, by column; any where there is no list. */
export type Wanted = Record<string, string[] | undefined>;

/** The first rows in an order that have one of the values in each column: the first of each value, and of these the first. */
export function firstOfEach<Q extends SelectQueryBuilder<any, any, any>>(
  tables: Kysely<any>,
  rows: Q,
  wanted: Wanted,
  order: RawBuilder<unknown>,
  limit: number,
): Q {
  let page: SelectQueryBuilder<any, any, any> = rows;
  const lists = [];
  for (const [column, values] of Object.entries(wanted)) {
    if (values === undefined) continue;
    // Of a single value the planner knows how frequent it is.
    if (values.length === 1) page = page.where(column, '=', values[0]);
    else {
      lists.push(
        sql`(select distinct unnest(${values}::text[]))`.as(sql`w_${sql.raw(column)} (wanted_${sql.raw(column)})`),
      );
      page = page.where(sql<boolean>`${sql.ref(column)} = ${sql.ref(`wanted_${column}`)}`);
    }
  }
  page = page.orderBy(order).limit(limit);
  if (lists.length === 0) return page as Q;
  const each = tables.selectFrom(lists).innerJoinLateral(page.as('e'), (join) => join.onTrue());
  return each.selectAll('e').orderBy(order).limit(limit) as unknown as Q;
}
