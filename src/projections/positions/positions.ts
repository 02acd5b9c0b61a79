// Positions over time: every assertion in the series of its principal and issue, classed, as known at every sequence of the log.
import { affiliationHandlers } from '../affiliations.ts';
import { defineProjection, everyType } from '../projection.ts';
import { series } from './derive-series.ts';
import { positionTables, type PositionTables } from './tables.ts';
import { utteranceRows } from './utterance.ts';

export const positions = defineProjection<PositionTables>({
  name: 'positions',
  version: 4,
  tables: positionTables,
  handlers: {
    // Any utterance may carry a stance.
    ...everyType<PositionTables>((fact) => ({ utterance: utteranceRows(fact) })),
    ...affiliationHandlers,
  },
  reads: {
    types: [...Object.keys(affiliationHandlers), 'PositionWithdrawn'],
    others: { having: 'stance', parts: ['stance', 'modality'], data: ['speaker', 'onBehalfOf', 'jointlyWith'] },
  },
  derived: series,
});
