// The things that steps make: each that got, lost or changed a step is told anew.
import { sql } from 'kysely';
import { spansOf, type Step } from '../../domain/ledger.ts';
import type { AffiliationHistory } from '../affiliations.ts';
import { derivedByKey, type DerivedRows } from '../derive.ts';
import { ANYBODY, intervalOf, type StoredRow } from '../table.ts';
import { ledgerTables, type LedgerTables, type Parties } from './tables.ts';

type StepRow = StoredRow<LedgerTables['step']>;
type Derived = Pick<LedgerTables, 'thing' | 'listing'>;

export const things = derivedByKey<StepRow, Derived>({
  derived: { thing: ledgerTables.thing, listing: ledgerTables.listing },
  key: 'event',
  inputs: { step: 'thing' },
  keyType: 'uuid',
  actors: {
    of: ({ from, to }) => [...from, ...to],
    keysOf: (tables, actors) =>
      tables
        .selectFrom('step')
        .select('thing as key')
        .distinct()
        .where(sql<boolean>`("from" && ${actors}::text[] or "to" && ${actors}::text[])`)
        .execute(),
  },
  rowsOf: thingRows,
});

/** The thing with its parties, and how it stood from when to when; nothing where nothing stands that opened it. */
function thingRows(
  id: string,
  known: StepRow[],
  sequence: number,
  affiliations: AffiliationHistory,
): DerivedRows<Derived> {
  const opening = known.find(({ event, ledger }) => event === id && ledger !== null);
  if (!opening) return { thing: [], listing: [] };
  const evidence = { event: id, sequence: opening.sequence };
  const parties = known
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((row) => partiesOf(row, sequence, affiliations));
  const { from, to } = parties.find((own) => own.sequence === opening.sequence)!;
  const names = new Set([...from, ...to].flatMap(({ actor, principal }) => [actor, principal]));
  const steps = known.filter(({ ledger }) => ledger === null).map(toStep);
  // What is planned is planned on every day before: when the plan was made is not known.
  const first = opening.status === 'planned' ? { ...toStep(opening), earliest: null } : toStep(opening);
  const listing = spansOf(first, steps).flatMap(({ begins, ends, set }) =>
    [ANYBODY, ...names].map((name) => ({
      name,
      ledger: opening.ledger!,
      status: set.status!,
      since: set.event,
      blocking: opening.precondition && set.status !== 'accepted' && set.status !== 'withdrawn',
      begins: begins ?? '-infinity',
      ends: ends ?? 'infinity',
      earliest: opening.earliest,
      latest: opening.latest,
      ...evidence,
    })),
  );
  return { thing: [{ parties, ...evidence }], listing };
}

function toStep(row: StepRow): Step {
  const { event, sequence, status, counted } = row;
  return { event, sequence, status, counted, ...intervalOf(row) };
}

function partiesOf(row: StepRow, sequence: number, affiliations: AffiliationHistory): Parties {
  const party = (actor: string) => ({ actor, principal: affiliations.principalAt(sequence, actor, intervalOf(row)) });
  return { sequence: row.sequence, from: row.from.map(party), to: row.to.map(party) };
}
