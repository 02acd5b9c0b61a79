// Positions over time: every assertion in the series of its principal and issue, classed, as known at every sequence of the log.
import { affiliationHandlers } from '../affiliations.ts';
import { defineProjection, everyType } from '../projection.ts';
import { deriveSeries } from './derive-series.ts';
import { positionTables, type PositionTables } from './tables.ts';
import { utteranceRows } from './utterance.ts';

export const positions = defineProjection({
  name: 'positions',
  version: 3,
  tables: positionTables,
  handlers: {
    // Any utterance may carry a stance.
    ...everyType<PositionTables>((fact) => ({ utterance: utteranceRows(fact) })),
    ...affiliationHandlers,
  },
  derive: deriveSeries,
});
