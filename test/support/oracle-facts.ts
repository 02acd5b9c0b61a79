// What stood in the log at one of its sequences, and who counted for whom: what every oracle begins with.
import type { RecordedEvent } from '../../src/domain/event.ts';
import { type Fact, factsOf } from '../../src/domain/fact.ts';
import { type Interval, parseOccurred } from '../../src/domain/occurred.ts';
import { officeRecordOf } from '../../src/domain/office.ts';
import { type Affiliations, principalOf } from '../../src/domain/principal.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';

export type Data = Record<string, any>;
export type PlainFact = Fact & { data: Data };

export class KnownFacts {
  /** The facts that stand, in the order of the log. */
  readonly all: PlainFact[];

  /** What was known at a sequence of the log; at its end where that is null. */
  constructor(log: readonly RecordedEvent[], knownAt: number | null) {
    const known = log.filter(({ sequence }) => knownAt === null || sequence <= knownAt);
    const streams = [...Map.groupBy(known, ({ stream }) => stream).values()];
    this.all = streams
      .flatMap((stream) => [...factsOf(stream).values()])
      .filter(({ retracted }) => retracted === null)
      .toSorted((a, b) => a.sequence - b.sequence);
  }

  of(...types: string[]): PlainFact[] {
    return this.all.filter(({ type }) => types.includes(type));
  }

  find(id: string): PlainFact | undefined {
    return this.all.find((fact) => fact.id === id);
  }

  get affiliations(): Affiliations {
    return {
      officeRecords: (actor) =>
        this.of('OfficeAssumed', 'OfficeVacated')
          .filter(({ data }) => data.actor === actor)
          .map((fact) => officeRecordOf(fact as never)),
      represents: (actor) => this.of('ActorRegistered').find(({ data }) => data.actor === actor)?.data.represents,
    };
  }

  /** Whom an actor counts for on the day of a fact. */
  principal(actor: string, { occurred }: Fact): string {
    return principalOf({ speaker: actor, ...parseOccurred(occurred) }, this.affiliations);
  }

  /** Whom these actors count for on the day of a fact. */
  principals(actors: string[], fact: Fact): string[] {
    return [...new Set(actors.map((actor) => this.principal(actor, fact)))].toSorted();
  }

  /** What an actor goes by on the day of a fact: its own name, and that of whom it counts for. */
  names(actor: string, fact: Fact): string[] {
    return [actor, this.principal(actor, fact)];
  }
}

/** Only what is asserted or reported counts. */
export function counts({ modality = 'asserted' }: Fact): boolean {
  return modality === 'asserted' || modality === 'reported';
}

export function hasBegun({ earliest }: Interval, at: string | null): boolean {
  return at === null || earliest === null || earliest <= at;
}

export function begun(facts: PlainFact[], at: string | null): PlainFact[] {
  return facts.filter(({ occurred }) => hasBegun(parseOccurred(occurred), at));
}

/** By the first day, then by the last, then by the sequence; open ends lie beyond all days. */
export function byDate(a: Fact, b: Fact): number {
  const place = ({ occurred }: Fact) => {
    const { earliest, latest } = parseOccurred(occurred);
    return `${earliest ?? '0000-00-00'} ${latest ?? '9999-99-99'}`;
  };
  if (place(a) !== place(b)) return place(a) < place(b) ? -1 : 1;
  return a.sequence - b.sequence;
}

/** As much of a fact as tells whether the right one is shown as it reads then. */
export function gist({ id, occurred, data, modality, source, coding, corrections }: PlainFact) {
  return {
    id,
    occurred,
    data,
    modality: modality ?? 'asserted',
    publisher: source?.publisher ?? null,
    codedBy: coding?.codedBy ?? 'default',
    corrections,
  };
}

/** Those that the event refers to or registers; a source's own authors take no part in it. */
export function named(fact: Fact, kind: 'actor' | 'issue'): unknown[] {
  const references = eventTypeOf(fact).references(fact);
  const taking = references.filter((one) => one.kind === kind && !one.pointer.startsWith('/attribution'));
  return [fact.data[kind], ...taking.map(({ target }) => target)];
}
