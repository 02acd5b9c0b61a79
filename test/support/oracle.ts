// What every read model must answer, worked out in the plainest way: from the recorded events alone, all of them each time,
// without tables, pages or increments.
import type { RecordedEvent } from '../../src/domain/event.ts';
import { type Fact, isAboutEvent } from '../../src/domain/fact.ts';
import { parseOccurred } from '../../src/domain/occurred.ts';
import { isHeldAt, principalOf, tenuresOf } from '../../src/domain/principal.ts';
import { type Assertion, type Classing, classifySeries, conditionsInForce } from '../../src/domain/series.ts';
import { byDate, counts, type Data, hasBegun, KnownFacts, named, type PlainFact } from './oracle-facts.ts';

/** A filter as the list of events takes it. */
export interface Sought {
  types?: string[];
  actors?: string[];
  issues?: string[];
  modalities?: string[];
  text?: string;
  from?: string;
  to?: string;
  match: 'overlap' | 'contained';
}

/** What was known at a sequence of the log; at its end where that is null. */
export class Oracle {
  readonly #known: KnownFacts;

  constructor(log: readonly RecordedEvent[], knownAt: number | null) {
    this.#known = new KnownFacts(log, knownAt);
  }

  /** The classed series of a principal on an issue as far as it had begun on a day, and what holds then. */
  series(principal: string, issue: string, at: string | null) {
    const onIssue = this.#assertions().filter((one) => one.issue === issue && hasBegun(one, at));
    const own = onIssue.filter((one) => one.principal === principal);
    const series = classifySeries(own).map((one) => viewOf(one, at));
    const last = series.findLast(({ counted }) => counted);
    const current = last === undefined || last.change === 'withdrawn' ? null : last;
    const voices = this.#utterances().filter((one) => one.issue === issue && hasBegun(one, at));
    const said = voices.filter((one) => (one.onBehalfOf ?? one.speaker) === principal);
    const countedFor = said.map((one) => one.principal).filter((other) => other !== principal);
    return {
      series,
      current,
      conditionsInForce: current ? conditionsInForce(series) : [],
      countedFor: [...new Set(countedFor)].toSorted(),
    };
  }

  /** The last assertion of everybody on an issue. */
  onIssue(issue: string, at: string | null) {
    return this.#lastOfEach(
      this.#assertions().filter((one) => one.issue === issue),
      at,
    );
  }

  /** The last assertion of a principal on everything. */
  ofPrincipal(principal: string, at: string | null) {
    return this.#lastOfEach(
      this.#assertions().filter((one) => one.principal === principal),
      at,
    );
  }

  /** What moved on the days from one to another, by everybody on everything, in date order. */
  changes(from: string, to: string) {
    const series = Map.groupBy(this.#assertions(), ({ principal, issue }) => `${principal} ${issue}`);
    return [...series.values()]
      .flatMap((own) => classifySeries(own))
      .filter(({ counted, change }) => counted && change !== 'reiterated')
      .filter(({ earliest }) => earliest !== null && earliest >= from && earliest <= to)
      .toSorted((a, b) => byDate(a.fact, b.fact) || (a.speaker < b.speaker ? -1 : 1))
      .map((one) => viewOf(one, null));
  }

  /** How often a principal said where it stood by a day, on an issue or on all. */
  saidBy(principal: string, at: string | null, issue?: string): number {
    const own = this.#assertions().filter((one) => one.principal === principal && one.counted && hasBegun(one, at));
    return own.filter((one) => issue === undefined || one.issue === issue).length;
  }

  actors(at: string | null) {
    return bySlug(
      this.#of('ActorRegistered').map((fact) => this.#actor(fact, at)),
      ({ actor }) => actor,
    );
  }

  issues(at: string | null) {
    return bySlug(
      this.#of('IssueOpened').map((fact) => this.#issue(fact, at)),
      ({ issue }) => issue,
    );
  }

  /** The facts about the world that are sought, in the order in which they happened. */
  events(sought: Sought) {
    return this.#known.all
      .filter((fact) => !isAboutEvent(fact) && isSought(fact, sought))
      .toSorted(byDate)
      .map((fact) => ({ ...fact, window: windowOf(fact, sought) }));
  }

  /** The reactions to recorded events, in the order in which they happened. */
  reactions() {
    const reactions = this.#of('ReactionIssued').filter(({ data }) => data.to.kind === 'event');
    return reactions.toSorted(byDate).map((fact) => ({ ...fact, window: null }));
  }

  #of(...types: string[]) {
    return this.#known.of(...types);
  }

  /** Said by several that count for the same, it is one assertion, by the first of them. */
  #assertions() {
    const once = Map.groupBy(this.#utterances(), ({ event, principal }) => `${event} ${principal}`);
    return [...once.values()].map(([first]) => first!);
  }

  /** What each voice said on an issue. */
  #utterances() {
    return this.#known.all.flatMap((fact) => {
      const { data, stance } = fact;
      const issue: string | undefined = stance?.issue ?? (fact.type === 'PositionWithdrawn' ? data.issue : undefined);
      if (issue === undefined) return [];
      const { earliest, latest } = parseOccurred(fact.occurred);
      const voices = [data.speaker, ...(data.jointlyWith ?? [])] as string[];
      return voices.map((speaker) => {
        const onBehalfOf: string | null = speaker === data.speaker ? (data.onBehalfOf ?? null) : null;
        const said = { speaker, onBehalfOf, earliest, latest };
        return {
          ...said,
          issue,
          principal: principalOf(said, this.#known.affiliations),
          event: fact.id,
          sequence: fact.sequence,
          position: stance?.position ?? null,
          firmness: stance?.firmness ?? null,
          conditionsAdded: stance?.conditions?.added ?? [],
          conditionsDropped: stance?.conditions?.dropped ?? [],
          counted: counts(fact),
          fact,
        };
      });
    });
  }

  #lastOfEach(assertions: Said[], at: string | null) {
    const series = Map.groupBy(assertions, ({ principal, issue }) => `${principal} ${issue}`);
    return [...series]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, own]) => {
        const last = classifySeries(own).findLast((one) => one.counted && hasBegun(one, at));
        return last === undefined ? [] : [viewOf(last, at)];
      });
  }

  #actor({ data, id }: PlainFact, at: string | null) {
    const renamings = this.#of('ActorRenamed').filter((renaming) => renaming.data.actor === data.actor);
    const inOrder = renamings.toSorted(byDate);
    const named = inOrder.filter((fact) => fact.data.name !== undefined && hasBegun(parseOccurred(fact.occurred), at));
    const name: string = named.at(-1)?.data.name ?? data.name;
    const names = [
      data.name,
      ...(data.aliases ?? []),
      ...inOrder.flatMap((one) => [one.data.name ?? [], one.data.aliases ?? []].flat()),
    ];
    return {
      actor: data.actor as string,
      kind: data.kind,
      name,
      aliases: [...new Set(names)].filter((other) => other !== name),
      represents: data.represents ?? null,
      iso3166: data.iso3166 ?? null,
      wikidata: data.wikidata ?? null,
      registeredBy: id,
      offices: tenuresOf(this.#known.affiliations.officeRecords(data.actor)).map((tenure) => {
        const { office, of, from, until } = tenure;
        const isHeld = at === null ? until === null : isHeldAt(tenure, at);
        const isToCome = at !== null && from.earliest !== null && from.earliest > at;
        return {
          office,
          of,
          from: from.occurred,
          until: until?.occurred ?? null,
          status: isHeld ? 'current' : isToCome ? 'future' : 'former',
          assumedBy: from.event,
          vacatedBy: until?.event ?? null,
        };
      }),
    };
  }

  #issue(opening: PlainFact, at: string | null) {
    const rewordings = this.#of('IssueReworded').filter(({ data }) => data.issue === opening.data.issue);
    const wordings = [opening, ...rewordings.toSorted(byDate)];
    const inForce = wordings.findLast(({ occurred }) => hasBegun(parseOccurred(occurred), at)) ?? opening;
    const words = ({ data }: { data: Data }) => ({
      proposition: data.proposition,
      description: data.description ?? null,
    });
    return {
      issue: opening.data.issue as string,
      ...words(inForce),
      wordings: wordings.map((fact) => ({ ...words(fact), occurred: fact.occurred, event: fact.id })),
    };
  }
}

interface Said extends Assertion {
  principal: string;
  issue: string;
  speaker: string;
  onBehalfOf: string | null;
  fact: PlainFact;
}

function viewOf({ fact, ...said }: Said & Classing, at: string | null) {
  const { conditionsAdded: added, conditionsDropped: dropped, earliest: _, latest, ...rest } = said;
  const { data, stance, source, attribution, grade, modality, occurred, recorded, type } = fact;
  return {
    ...rest,
    conditions: { added, dropped },
    claimedReiteration: stance?.claimedReiteration ?? false,
    possible: at !== null && (latest === null || latest > at),
    modality: modality ?? 'asserted',
    occurred: parseOccurred(occurred),
    recorded,
    type,
    summary: data.summary ?? null,
    quote: data.quote ?? null,
    source: source ?? null,
    attribution: attribution ?? null,
    grade: grade ?? null,
  };
}

function bySlug<T>(items: T[], slugOf: (item: T) => string): T[] {
  return items.toSorted((a, b) => (slugOf(a) < slugOf(b) ? -1 : 1));
}

function isSought(fact: Fact, { types, actors, issues, modalities, text, ...window }: Sought): boolean {
  const { data } = fact as { data: Data };
  const texts = [data.summary, data.quote, data.proposition, data.name, data.reason];
  return (
    (types === undefined || types.includes(fact.type)) &&
    (actors ?? []).every((actor) => named(fact, 'actor').includes(actor)) &&
    (issues ?? []).every((issue) => named(fact, 'issue').includes(issue)) &&
    (modalities === undefined || modalities.includes(fact.modality ?? 'asserted')) &&
    (text === undefined || texts.some((one) => one !== undefined && wordsOf(one).includes(wordsOf(text)))) &&
    isInWindow(fact, window)
  );
}

/** The words of a text, each between spaces, so that whole words are found. */
function wordsOf(text: string): string {
  return ` ${(text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).join(' ')} `;
}

function isInWindow({ occurred }: Fact, { from, to, match }: Pick<Sought, 'from' | 'to' | 'match'>): boolean {
  const { earliest, latest } = parseOccurred(occurred);
  const [first, last] = [earliest ?? '0000', latest ?? '9999-99'];
  const [begin, end] = [from ?? '0000', to ?? '9999-99'];
  return match === 'overlap' ? last >= begin && first <= end : first >= begin && last <= end;
}

function windowOf(fact: Fact, { from, to }: Sought): 'contained' | 'overlap' | null {
  if (from === undefined && to === undefined) return null;
  const bounds = { ...(from && { from }), ...(to && { to }) };
  return isInWindow(fact, { ...bounds, match: 'contained' }) ? 'contained' : 'overlap';
}
