// What facts rest on: reports, disputes, and the sum of both for each fact.
import { isAboutEvent, type Fact } from '../../domain/fact.ts';
import { parseOccurred } from '../../domain/occurred.ts';
import { reportOf } from '../../domain/sourcing.ts';
import { namedIn } from '../named-in.ts';
import { defineProjection, everyType } from '../projection.ts';
import { dayBounds, type Row } from '../table.ts';
import { restingOn } from './derive-sourcing.ts';
import { sourcingTables, type SourcingTables } from './tables.ts';

export const sourcing = defineProjection({
  name: 'sourcing',
  version: 2,
  tables: sourcingTables,
  handlers: {
    ...everyType<SourcingTables>((fact) => (isAboutEvent(fact) ? {} : { report: [reportRow(fact, fact.id)] })),
    EventCorroborated: (fact) => ({ report: [reportRow(fact, fact.data.event)] }),
    EventDisputed: ({ data, corrections }) => ({ dispute: [{ fact: data.event, corrections }] }),
  },
  derived: restingOn,
});

function reportRow(report: Fact, fact: string): Row<SourcingTables['report']> {
  return {
    fact,
    ...reportOf(report),
    type: report.type,
    ...dayBounds(parseOccurred(report.occurred)),
    actors: namedIn(report, 'actor'),
    corrections: report.corrections,
  };
}
