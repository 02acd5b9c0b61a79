// Offices and representation as they were known at any sequence of a page, read once for the page.
import type { Kysely } from 'kysely';
import type { Fact } from '../../domain/fact.ts';
import type { Affiliations } from '../../domain/principal.ts';
import { officeRecordFromRow } from '../office-rows.ts';
import type { DatabaseOf } from '../projection.ts';
import type { Evidence, StoredRow } from '../table.ts';
import type { PositionTables } from './tables.ts';

/** Everything about affiliations that was known at some sequence from `since` on. */
export class AffiliationHistory {
  readonly #offices: Map<string, StoredRow<PositionTables['office']>[]>;
  readonly #representations: Map<string, StoredRow<PositionTables['representation']>[]>;

  private constructor(
    offices: StoredRow<PositionTables['office']>[],
    representations: StoredRow<PositionTables['representation']>[],
  ) {
    this.#offices = Map.groupBy(offices, ({ actor }) => actor);
    this.#representations = Map.groupBy(representations, ({ actor }) => actor);
  }

  static async read(tables: Kysely<DatabaseOf<PositionTables>>, since: number): Promise<AffiliationHistory> {
    const offices = await tables
      .selectFrom('office')
      .selectAll()
      .where((eb) => eb.or([eb('known_until', 'is', null), eb('known_until', '>=', since)]))
      .execute();
    const representations = await tables
      .selectFrom('representation')
      .selectAll()
      .where((eb) => eb.or([eb('known_until', 'is', null), eb('known_until', '>=', since)]))
      .execute();
    return new AffiliationHistory(offices, representations);
  }

  /** What was known once the event of that sequence was recorded. */
  at(sequence: number): Affiliations {
    const isKnown = ({ known_from, known_until }: Evidence) =>
      known_from <= sequence && (known_until === null || known_until > sequence);
    return {
      officeRecords: (actor) => (this.#offices.get(actor) ?? []).filter(isKnown).map(officeRecordFromRow),
      represents: (actor) => this.#representations.get(actor)?.find(isKnown)?.represents,
    };
  }

  /** The actors whose utterances may count for somebody else once this actor's affiliations change. */
  dependants(actor: string): Set<string> {
    const found = new Set([actor]);
    // A set that grows while it is walked: offices of an institution depend on what the institution represents.
    for (const institution of found) {
      for (const [holder, offices] of this.#offices)
        if (offices.some(({ of }) => of === institution)) found.add(holder);
      for (const [part, rows] of this.#representations)
        if (rows.some(({ represents }) => represents === institution)) found.add(part);
    }
    return found;
  }
}

/** The actor whose affiliations the fact is about, if it is about any. */
export function affiliatedActor(fact: Fact | null): string | undefined {
  if (fact?.type === 'OfficeAssumed' || fact?.type === 'OfficeVacated') return fact.data['actor'] as string;
  // A registration without `represents` changes nothing for anybody.
  return fact?.type === 'ActorRegistered' && fact.data['represents'] !== undefined
    ? (fact.data['actor'] as string)
    : undefined;
}
