// Positions over time: every assertion in the series of its principal and issue, classed, as known at every sequence of the log.
import { officeRows } from '../office-rows.ts';
import { defineProjection, everyType } from '../projection.ts';
import { deriveSeries } from './derive-series.ts';
import { positionTables, type PositionTables } from './tables.ts';
import { utteranceRows } from './utterance.ts';

export const positions = defineProjection({
  name: 'positions',
  version: 1,
  tables: positionTables,
  handlers: {
    // Any utterance may carry a stance.
    ...everyType<PositionTables>((fact) => ({ utterance: utteranceRows(fact) })),
    ActorRegistered: ({ data }) =>
      data.represents === undefined ? {} : { representation: [{ actor: data.actor, represents: data.represents }] },
    OfficeAssumed: (fact) => ({ office: officeRows(fact) }),
    OfficeVacated: (fact) => ({ office: officeRows(fact) }),
  },
  derive: deriveSeries,
});
