// Answers about events: the facts that match a filter, in the order in which they happened or were recorded, and single facts.
import { sql, type SelectQueryBuilder } from 'kysely';
import { factsOf, isAboutEvent, type Fact } from '../domain/fact.ts';
import type { LogStore } from '../events/log-database.ts';
import { readHead, readSequences, readStreamsOf } from '../events/read-log.ts';
import { events, type eventTables } from './events.ts';
import type { KnownAt } from './read-model.ts';
import { asKnown, ReadModel } from './read-model.ts';
import type { DatabaseOf } from './projection.ts';
import { intervalOf, type StoredRow } from './table.ts';

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
  /** Words that stand in the summary, the quote, a name, a proposition or a reason, as they are written, in any case. */
  text?: string | undefined;
  /** A window of days, `YYYY-MM-DD`. */
  from?: string | undefined;
  to?: string | undefined;
  /** Whether the date may reach beyond the window, or must lie within. */
  match: 'overlap' | 'contained';
}

/** The place after which a page begins: dates as `day` columns hold them. */
export interface OccurredCursor {
  earliest: string;
  latest: string;
  sequence: number;
}

/** A fact, and how it lies in the window asked for. */
export type FoundFact = Fact & { window: 'contained' | 'overlap' | null };

type Entry = StoredRow<typeof eventTables.entry>;
type Entries = SelectQueryBuilder<DatabaseOf<typeof eventTables>, 'entry', Entry>;

export class Events {
  readonly #log: LogStore;
  readonly #model: ReadModel<typeof eventTables>;

  constructor(log: LogStore) {
    this.#log = log;
    this.#model = new ReadModel(log, events);
  }

  /** Facts in the order in which they happened, as known at a sequence. Events about other events are not among them. */
  async inOrderOfOccurrence(filter: EventFilter, knownAt: KnownAt, after: OccurredCursor | null, limit: number) {
    const query = matching(this.#model.tables.selectFrom('entry').selectAll().where(asKnown(knownAt)), filter).where(
      'of_world',
      '=',
      true,
    );
    const { sequence, entries } = await this.#model.ask({ entries: pageByDate(query, after, limit) });
    return { sequence, items: await this.#factsOf(entries, filter) };
  }

  /** Events as they were recorded, in the order of the log, also those that were corrected or retracted later. */
  async inOrderOfRecording(filter: EventFilter, knownAt: KnownAt, afterSequence: number, limit: number) {
    const asRecorded = this.#model.tables
      .selectFrom('entry')
      .selectAll()
      .whereRef('known_from', '=', 'sequence')
      .where('sequence', '>', afterSequence);
    const bounded = knownAt === null ? asRecorded : asRecorded.where('sequence', '<=', knownAt);
    const { sequence, entries } = await this.#model.ask({
      entries: matching(bounded, filter).orderBy('sequence').limit(limit),
    });
    return { sequence, items: await this.#factsOf(entries, filter) };
  }

  /** The reactions to an event, in the order in which they happened. */
  async reactionsTo(target: string, knownAt: KnownAt, after: OccurredCursor | null, limit: number) {
    const reacting = this.#model.tables
      .selectFrom('reaction')
      .select('reaction.sequence')
      .where(asKnown(knownAt))
      .where('target', '=', target);
    const query = this.#model.tables
      .selectFrom('entry')
      .selectAll()
      .where(asKnown(knownAt))
      .where('sequence', 'in', reacting);
    const { sequence, entries } = await this.#model.ask({ entries: pageByDate(query, after, limit) });
    return { sequence, items: await this.#factsOf(entries, { match: 'overlap' }) };
  }

  /**
   * One fact as known at a sequence, with everything said about it since, also about that; and the version its stream had.
   * Straight from the log, so never behind it.
   */
  async find(id: string, knownAt: KnownAt) {
    const { sequence: head } = await readHead(this.#log);
    const sequence = Math.min(knownAt ?? head, head);
    const [whole = []] = (await readStreamsOf(this.#log, [id])).values();
    const stream = whole.filter((event) => event.sequence <= sequence);
    const facts = factsOf(stream);
    const chain = new Set<unknown>([id]);
    const about = [...facts.values()].filter((fact) => chain.has(fact.data['event']) && chain.add(fact.id));
    return { sequence, fact: facts.get(id) ?? null, about: about.filter(isAboutEvent), version: stream.length };
  }

  /** Reads the content from the log and puts the corrections in that made the account found. */
  async #factsOf(entries: Entry[], { from, to }: EventFilter): Promise<FoundFact[]> {
    const recorded = await readSequences(this.#log, [
      ...new Set(entries.flatMap((entry) => [entry.sequence, ...entry.corrections])),
    ]);
    const bySequence = new Map(recorded.map((event) => [event.sequence, event]));
    return entries.map((entry) => {
      const account = [entry.sequence, ...entry.corrections].map((sequence) => bySequence.get(sequence)!);
      const fact = factsOf(account).get(entry.event)!;
      return { ...fact, window: from === undefined && to === undefined ? null : windowOf(entry, from, to) };
    });
  }
}

function matching(entries: Entries, filter: EventFilter): Entries {
  const { types, actors, issues, stream, correlation, text, from, to, match } = filter;
  let query = entries;
  if (types) query = query.where(sql<boolean>`type = any(${types}::text[])`);
  if (actors) query = query.where(sql<boolean>`actors @> ${actors}::text[]`);
  if (issues) query = query.where(sql<boolean>`issues @> ${issues}::text[]`);
  if (stream !== undefined) query = query.where('stream', '=', stream);
  if (correlation !== undefined) query = query.where('correlation', '=', correlation);
  if (text !== undefined) query = query.where(sql<boolean>`words ilike ${`%${text.replaceAll(/[\\%_]/g, '\\$&')}%`}`);
  const [first, last] = match === 'overlap' ? (['latest', 'earliest'] as const) : (['earliest', 'latest'] as const);
  if (from !== undefined) query = query.where(first, '>=', from);
  if (to !== undefined) query = query.where(last, '<=', to);
  return query;
}

/** A page by date, after a place on the time line. */
function pageByDate(entries: Entries, after: OccurredCursor | null, limit: number): Entries {
  const page = entries.orderBy('earliest').orderBy('latest').orderBy('sequence').limit(limit);
  if (!after) return page;
  const { earliest, latest, sequence } = after;
  return page.where(sql<boolean>`(earliest, latest, sequence) > (${earliest}::date, ${latest}::date, ${sequence})`);
}

function windowOf(entry: Entry, from: string | undefined, to: string | undefined): 'contained' | 'overlap' {
  const { earliest, latest } = intervalOf(entry);
  const begins = from === undefined || (earliest !== null && earliest >= from);
  const ends = to === undefined || (latest !== null && latest <= to);
  return begins && ends ? 'contained' : 'overlap';
}
