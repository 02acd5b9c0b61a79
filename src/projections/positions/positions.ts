// Positions over time: every assertion in the series of its principal and issue, classed, as it stood at every sequence of the log.
import { officeRows } from '../office-rows.ts';
import { defineProjection } from '../projection.ts';
import { deriveSeries } from './derive-series.ts';
import { positionTables } from './tables.ts';

export const positions = defineProjection({
  name: 'positions',
  version: 1,
  tables: positionTables,
  handlers: {
    ActorRegistered: ({ data }) =>
      data.represents === undefined ? {} : { representation: [{ actor: data.actor, represents: data.represents }] },
    OfficeAssumed: (fact) => ({ office: officeRows(fact) }),
    OfficeVacated: (fact) => ({ office: officeRows(fact) }),
  },
  derive: deriveSeries,
});
