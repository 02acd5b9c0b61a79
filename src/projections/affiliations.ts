// Offices and representation as a read model of its own knows them: every projection that says whom a fact counts for holds these.
import type { Kysely } from 'kysely';
import type { Fact } from '../domain/fact.ts';
import type { Interval } from '../domain/occurred.ts';
import { principalOf, type Affiliations } from '../domain/principal.ts';
import type { FactChange } from './fact-changes.ts';
import { officeRecordFromRow, officeRows, officeTable } from './office-rows.ts';
import type { DatabaseOf, Handlers } from './projection.ts';
import { knownSince } from './read-model.ts';
import { isKnown, table, text, type Provenance, type StoredRow } from './table.ts';

export const affiliationTables = {
  office: officeTable,
  representation: table({ actor: text, represents: text }, ['(actor)']),
};

type AffiliationTables = typeof affiliationTables;
type Office = StoredRow<AffiliationTables['office']>;
type Representation = StoredRow<AffiliationTables['representation']>;

/** Fills the tables; a projection spreads it among its handlers. */
export const affiliationHandlers: Handlers<AffiliationTables> = {
  ActorRegistered: ({ data }) =>
    data.represents === undefined ? {} : { representation: [{ actor: data.actor, represents: data.represents }] },
  OfficeAssumed: (fact) => ({ office: officeRows(fact) }),
  OfficeVacated: (fact) => ({ office: officeRows(fact) }),
};

/** The actors whose affiliations the changes are about, each with the sequence that changed them. */
export function affiliationChanges(changes: FactChange[]): { actor: string; sequence: number }[] {
  return changes.flatMap((change) => {
    const actor = affiliatedBy(change);
    return actor === undefined ? [] : [{ actor, sequence: change.sequence }];
  });
}

/** The actor whose affiliations a change is about, if it is about any. */
export function affiliatedBy({ before, after }: FactChange): string | undefined {
  return affiliatedActor(before) ?? affiliatedActor(after);
}

function affiliatedActor(fact: Fact | null): string | undefined {
  if (fact?.type === 'OfficeAssumed' || fact?.type === 'OfficeVacated') return fact.data['actor'] as string;
  // A registration without `represents` changes nothing for anybody.
  return fact?.type === 'ActorRegistered' && fact.data['represents'] !== undefined
    ? (fact.data['actor'] as string)
    : undefined;
}

/** Everything about affiliations that was known at some sequence from `since` on, read once for a page. */
export class AffiliationHistory {
  readonly #offices: Map<string, Office[]>;
  readonly #representations: Map<string, Representation[]>;
  /** The sequences at which something became known or ceased to be. */
  readonly #turns: number[];
  readonly #remembered = new Map<number, { known: Affiliations; principals: Map<string, string> }>();

  private constructor(offices: Office[], representations: Representation[], since: number) {
    this.#offices = Map.groupBy(offices, ({ actor }) => actor);
    this.#representations = Map.groupBy(representations, ({ actor }) => actor);
    const turns = [...offices, ...representations].flatMap(({ known_from, known_until }) => [
      known_from,
      known_until ?? 0,
    ]);
    this.#turns = [...new Set(turns)].filter((sequence) => sequence >= since).toSorted((a, b) => a - b);
  }

  /** Where offices make no difference. */
  static none(): AffiliationHistory {
    return new AffiliationHistory([], [], 0);
  }

  static async read(tables: Kysely<any>, since: number): Promise<AffiliationHistory> {
    const own = tables as Kysely<DatabaseOf<AffiliationTables>>;
    const offices = await own.selectFrom('office').selectAll().where(knownSince(since)).execute();
    const representations = await own.selectFrom('representation').selectAll().where(knownSince(since)).execute();
    return new AffiliationHistory(offices, representations, since);
  }

  /** Whom an actor's voice counts for on a day, as was known once the event of that sequence was recorded. */
  principalAt(sequence: number, voice: string, { earliest, latest }: Interval): string {
    const { known, principals } = this.#known(sequence);
    const key = `${voice} ${earliest ?? latest}`;
    let principal = principals.get(key);
    if (principal === undefined) {
      principal = principalOf({ speaker: voice, earliest, latest }, known);
      principals.set(key, principal);
    }
    return principal;
  }

  #known(sequence: number) {
    // Between two turns everything is known alike.
    const turn = this.#turns.findLast((other) => other <= sequence) ?? 0;
    let remembered = this.#remembered.get(turn);
    if (!remembered) {
      remembered = { known: this.#affiliationsAt(sequence), principals: new Map() };
      this.#remembered.set(turn, remembered);
    }
    return remembered;
  }

  #affiliationsAt(sequence: number): Affiliations {
    const isKnownThen = (row: Provenance) => isKnown(row, sequence);
    return {
      officeRecords: (actor) => (this.#offices.get(actor) ?? []).filter(isKnownThen).map(officeRecordFromRow),
      represents: (actor) => this.#representations.get(actor)?.find(isKnownThen)?.represents,
    };
  }

  /** The actors whose voices may count for somebody else once this actor's affiliations change. */
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
