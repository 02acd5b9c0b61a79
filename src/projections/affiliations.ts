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

/** Answers kept at hand; more only costs memory. */
const MOST_REMEMBERED = 50_000;

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
export function affiliationChanges(changes: readonly FactChange[]): { actor: string; sequence: number }[] {
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

/** Everything about affiliations that was known at some sequence from `since` on. */
export class AffiliationHistory {
  readonly #offices: Map<string, Office[]>;
  readonly #representations: Map<string, Representation[]>;
  /** Who holds or held an office of an institution, or is part of it, by institution. */
  readonly #members = new Map<string, Set<string>>();
  /** The sequences at which whom a voice counts for may have changed, by voice. */
  readonly #turns = new Map<string, number[]>();
  readonly #principals = new Map<string, string>();

  private constructor(offices: Office[], representations: Representation[]) {
    this.#offices = Map.groupBy(offices, ({ actor }) => actor);
    this.#representations = Map.groupBy(representations, ({ actor }) => actor);
    for (const { of, actor } of offices) this.#join(of, actor);
    for (const { represents, actor } of representations) this.#join(represents, actor);
    const turns = new Map<string, Set<number>>();
    for (const [actor, rows] of Map.groupBy([...offices, ...representations], (row) => row.actor)) {
      const sequences = rows.flatMap(({ known_from, known_until }) => [known_from, known_until ?? known_from]);
      for (const voice of this.dependants(actor)) {
        const own = turns.get(voice);
        if (own) for (const sequence of sequences) own.add(sequence);
        else turns.set(voice, new Set(sequences));
      }
    }
    for (const [voice, own] of turns)
      this.#turns.set(
        voice,
        [...own].toSorted((a, b) => a - b),
      );
  }

  /** Where offices make no difference. */
  static none(): AffiliationHistory {
    return new AffiliationHistory([], []);
  }

  static async read(tables: Kysely<any>, since: number): Promise<AffiliationHistory> {
    const own = tables as Kysely<DatabaseOf<AffiliationTables>>;
    const offices = await own.selectFrom('office').selectAll().where(knownSince(since)).execute();
    const representations = await own.selectFrom('representation').selectAll().where(knownSince(since)).execute();
    return new AffiliationHistory(offices, representations);
  }

  /** Who may ever have counted for one another, as the name of a circle; those who are not listed are a circle each. */
  circles(): Record<string, string> {
    const circles = new Map<string, string>();
    for (const institution of this.#members.keys()) {
      const reached = this.dependants(institution);
      const former = new Set([...reached].flatMap((actor) => circles.get(actor) ?? []));
      for (const [actor, circle] of circles) if (former.has(circle)) circles.set(actor, institution);
      for (const actor of reached) circles.set(actor, institution);
    }
    return Object.fromEntries(circles);
  }

  /** The sequences at which whom one of these voices counts for may have changed. */
  turnsOf(voices: string[]): number[] {
    return [...new Set(voices.flatMap((voice) => this.#turns.get(voice) ?? []))];
  }

  /** Whom an actor's voice counts for on a day, as was known once the event of that sequence was recorded. */
  principalAt(sequence: number, voice: string, { earliest, latest }: Interval): string {
    const turns = this.#turns.get(voice);
    if (turns === undefined) return voice;
    // Between two turns it is known alike.
    const key = `${turns.findLast((other) => other <= sequence) ?? 0} ${voice} ${earliest ?? latest}`;
    let principal = this.#principals.get(key);
    if (principal === undefined) {
      principal = principalOf({ speaker: voice, earliest, latest }, this.#affiliationsAt(sequence));
      if (this.#principals.size > MOST_REMEMBERED) this.#principals.clear();
      this.#principals.set(key, principal);
    }
    return principal;
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
    for (const institution of found) for (const member of this.#members.get(institution) ?? []) found.add(member);
    return found;
  }

  #join(institution: string, member: string): void {
    const members = this.#members.get(institution);
    if (members) members.add(member);
    else this.#members.set(institution, new Set([member]));
  }
}
