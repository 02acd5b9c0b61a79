// Answers about events: the facts that match a filter, in the order in which they happened or were recorded, and single facts.
import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
import { factsOf, isAboutEvent, type Fact } from '../domain/fact.ts';
import { readHead, readStreamsOf } from '../events/read-log.ts';
import { firstOfEach } from './first-of-each.ts';
import { AS_RECORDED, events, nameOf, type eventTables } from './events.ts';
import type { KnownAt } from './read-model.ts';
import { asKnown, ReadModel, type Asked } from './read-model.ts';
import type { Place } from './place.ts';
import type { DatabaseOf } from './projection.ts';
import { readFacts } from './read-facts.ts';
import { intervalOf, type StoredRow } from './table.ts';
import { keyOfPlace, stretchesOf, type Stretch } from './time-line.ts';
import { phraseOf } from './words.ts';

/** What events are sought; all that is given must hold. */
export interface EventFilter {
  /** One of these types. */
  types?: string[] | undefined;
  /** All of these actors take part. */
  actors?: string[] | undefined;
  /** All of these issues are touched. */
  issues?: string[] | undefined;
  stream?: string | undefined;
  correlation?: string | undefined;
  /** One of these modalities. */
  modalities?: string[] | undefined;
  /** Whole words that stand together in the summary, the quote, a name, a proposition or a reason, in any case. */
  text?: string | undefined;
  /** A window of days, `YYYY-MM-DD`. */
  from?: string | undefined;
  to?: string | undefined;
  /** Whether the date may reach beyond the window, or must lie within. */
  match: 'overlap' | 'contained';
}

/** A fact, and how it lies in the window asked for. */
export type FoundFact = Fact & { window: 'contained' | 'overlap' | null };

type Entry = StoredRow<typeof eventTables.entry>;
type Entries = SelectQueryBuilder<DatabaseOf<typeof eventTables> & { e: Entry }, 'e', Entry>;

export class Events {
  readonly #model: ReadModel<typeof eventTables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, events);
  }

  /** Facts in the order in which they happened, as known at a sequence. Events about other events are not among them. */
  async inOrderOfOccurrence(filter: EventFilter, knownAt: KnownAt, after: Place | null, limit: number) {
    const ofWorld = { ...filter, types: filter.types?.filter((type) => !isAboutEvent({ type })) };
    const parts = stretchesOf(filter, after && keyOfPlace(after)).map((stretch) =>
      this.#first(limit, 'place', ofWorld, sql<boolean>`${asKnown(knownAt)} and ${liesIn(stretch)}`),
    );
    const { sequence, ...found } = await this.#model.ask(
      Object.fromEntries(parts.map((part, n) => [`part${n}`, part])),
    );
    const entries = Object.values(found).flat().toSorted(byPlace).slice(0, limit);
    return { sequence, items: await this.#factsOf(entries, filter) };
  }

  /** Events as they were recorded, in the order of the log, also those that were corrected or retracted later. */
  async inOrderOfRecording(filter: EventFilter, knownAt: KnownAt, afterSequence: number, limit: number) {
    const recorded = sql<boolean>`${sql.raw(AS_RECORDED)} and sequence > ${afterSequence}`;
    const bounded = knownAt === null ? recorded : sql<boolean>`${recorded} and sequence <= ${knownAt}`;
    const { sequence, entries } = await this.#model.ask({ entries: this.#first(limit, 'sequence', filter, bounded) });
    return { sequence, items: await this.#factsOf(entries, filter) };
  }

  /** The reactions to an event, in the order in which they happened. */
  async reactionsTo(target: string, knownAt: KnownAt, after: Place | null, limit: number) {
    const { tables } = this.#model;
    let reactions = tables.selectFrom('reaction').select(['sequence', 'place']).where('target', '=', target);
    if (after) reactions = reactions.where('place', '>', keyOfPlace(after));
    const entry = tables
      .selectFrom('entry')
      .selectAll()
      .where(sql<boolean>`entry.sequence = r.sequence`)
      .where(asKnown(knownAt))
      .limit(1);
    const query = tables
      .selectFrom(reactions.where(asKnown(knownAt)).as('r'))
      .innerJoinLateral(entry.as('e'), (join) => join.onTrue())
      .selectAll('e')
      .orderBy('r.place')
      .limit(limit);
    const { sequence, entries } = await this.#model.ask({ entries: query });
    return { sequence, items: await this.#factsOf(entries, { match: 'overlap' }) };
  }

  /**
   * One fact as known at a sequence, with everything said about it since, also about that; and the version its stream had.
   * Straight from the log, so never behind it.
   */
  async find(id: string, knownAt: KnownAt) {
    const { sequence: head } = await readHead(this.#model.log);
    const sequence = Math.min(knownAt ?? head, head);
    const [whole = []] = (await readStreamsOf(this.#model.log, [id])).values();
    const stream = whole.filter((event) => event.sequence <= sequence);
    const facts = factsOf(stream);
    const chain = new Set<unknown>([id]);
    const about = [...facts.values()].filter((fact) => chain.has(fact.data['event']) && chain.add(fact.id));
    return { sequence, fact: facts.get(id) ?? null, about: about.filter(isAboutEvent), version: stream.length };
  }

  /** Reads the content from the log and puts the corrections in that made the account found. */
  async #factsOf(entries: Entry[], { from, to }: EventFilter): Promise<FoundFact[]> {
    const facts = await readFacts(this.#model.log, entries);
    const isWindow = from !== undefined || to !== undefined;
    return entries.map((entry, n) => ({ ...facts[n]!, window: isWindow ? windowOf(entry, from, to) : null }));
  }

  /**
   * The first entries, in an order, that match the filter and the condition. The condition also holds for the names joined, and
   * they are joined by what orders, so that whichever of them is rarest can be walked in order until the page is full.
   */
  #first(limit: number, order: 'place' | 'sequence', filter: EventFilter, condition: RawBuilder<boolean>): Entries {
    const { tables } = this.#model;
    const { types, modalities, stream, correlation, text } = filter;
    let query: Entries = tables
      .selectFrom(tables.selectFrom('entry').selectAll().where(condition).as('e'))
      .selectAll('e');
    if (order === 'place') query = query.where('e.of_world', '=', true);
    for (const [n, name] of namesSought(filter).entries()) {
      const naming = tables.selectFrom('naming').select(order).where('name', '=', name).where(condition);
      query = query.innerJoin(naming.as(`n${n}`), (join) =>
        join.on(sql<boolean>`${sql.ref(`n${n}.${order}`)} = ${sql.ref(`e.${order}`)}`),
      );
    }
    if (stream !== undefined) query = query.where('e.stream', '=', stream);
    if (correlation !== undefined) query = query.where('e.correlation', '=', correlation);
    if (text !== undefined) query = query.where(sql<boolean>`e.words @@ ${phraseOf(text)}::tsquery`);
    const wanted = { type: types, modality: modalities };
    return firstOfEach(tables, inWindow(query, filter), wanted, sql.ref(`e.${order}`), limit);
  }
}

function byPlace(a: Entry, b: Entry): number {
  return a.place < b.place ? -1 : 1;
}

function namesSought({ actors = [], issues = [] }: EventFilter): string[] {
  return [...actors.map((actor) => nameOf('actor', actor)), ...issues.map((issue) => nameOf('issue', issue))];
}

function liesIn({ breadth, after, before }: Stretch) {
  const between = sql<boolean>`place > ${after} and place < ${before}`;
  return breadth === null ? between : sql<boolean>`breadth = ${breadth} and ${between}`;
}

/** Whether the dates lie in the window, or reach into it. */
function inWindow(entries: Entries, { from, to, match }: EventFilter): Entries {
  const [first, last] = match === 'overlap' ? (['latest', 'earliest'] as const) : (['earliest', 'latest'] as const);
  let query = entries;
  if (from !== undefined) query = query.where(`e.${first}`, '>=', from);
  if (to !== undefined) query = query.where(`e.${last}`, '<=', to);
  return query;
}

function windowOf(entry: Entry, from: string | undefined, to: string | undefined): 'contained' | 'overlap' {
  const { earliest, latest } = intervalOf(entry);
  const begins = from === undefined || (earliest !== null && earliest >= from);
  const ends = to === undefined || (latest !== null && latest <= to);
  return begins && ends ? 'contained' : 'overlap';
}
