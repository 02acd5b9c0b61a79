// Works what is said into the series: finds whom each utterance counts for, as was known then, and moves it in and out.
import { sql, type Kysely } from 'kysely';
import { voiceOf } from '../../domain/principal.ts';
import { AffiliationHistory, affiliatedBy, affiliationChanges } from '../affiliations.ts';
import type { FactChange } from '../fact-changes.ts';
import type { DatabaseOf, Derived, Page } from '../projection.ts';
import { dayBounds, type StoredRow } from '../table.ts';
import { countAll, countPage } from '../tallies.ts';
import type { Workshop } from '../workshop.ts';
import { insertRows } from '../write-page.ts';
import { utteranceOf, type AssertionRow } from './assertion-row.ts';
import { SeriesBook, type Move } from './series-book.ts';
import { positionTables, statementsMade, type PositionTables } from './tables.ts';
import { utterancesOf, type Utterance } from './utterance.ts';

type Positions = Kysely<DatabaseOf<PositionTables>>;

export const series: Derived = { page: derivePage, all: deriveAll };

async function derivePage({ changes }: Page, tables: Positions, schema: string): Promise<void> {
  const moves = await movesOf(changes, tables);
  if (moves.length === 0) return;
  const book = new SeriesBook(await standingRows(tables, schema, moves));
  for (const together of Map.groupBy(moves, ({ sequence }) => sequence).values()) book.make(together);
  const { added, ended } = book.changes();
  await endRows(tables, schema, ended);
  await insertRows(tables, schema, 'assertion', positionTables.assertion, added);
  await openSeries(tables, schema, added);
  await countPage(tables, schema, statementsMade, { added, ended });
}

/** Series by series, each with everything that ever entered and left it. */
async function deriveAll(workshop: Workshop): Promise<void> {
  const history = await workshop.affiliations();
  for await (const said of utterancesByGroup(workshop, history)) {
    const moves = said.flatMap((known) => movesOfUtterance(known, history));
    for (const ofSeries of Map.groupBy(moves, ({ principal }) => principal).values()) {
      // What leaves because of an event has been there before what enters because of it.
      const inOrder = ofSeries.toSorted((a, b) => a.sequence - b.sequence || b.kind.localeCompare(a.kind));
      const book = new SeriesBook();
      for (const together of Map.groupBy(inOrder, ({ sequence }) => sequence).values()) book.make(together);
      await workshop.write('assertion', positionTables.assertion, book.changes().added);
    }
  }
  await workshop.flush();
  const { schema } = workshop;
  const columns = sql.raw('principal, issue, event, sequence, known_from, known_until');
  const opened = sql`
    insert into ${sql.id(schema, 'series')} (${columns})
    select distinct on (principal, issue) principal, issue, event, sequence, known_from, null
      from ${sql.id(schema, 'assertion')} order by principal, issue, known_from, sequence`;
  await Promise.all([
    workshop.fill((db) => opened.execute(db)),
    workshop.fill((db) => countAll(db, schema, statementsMade)),
  ]);
}

/** An utterance, and from when until when it was known. */
type Known = Pick<StoredRow<PositionTables['utterance']>, 'issue' | 'said' | 'known_from' | 'known_until'> & {
  /** Those who may ever have counted for one another. */
  circle: string;
};

/** All that was said on one issue by voices that may ever have counted for the same principal. */
async function* utterancesByGroup(workshop: Workshop, history: AffiliationHistory): AsyncGenerator<Known[]> {
  let group: Known[] = [];
  const query = `
    select u.issue, coalesce(c.value, u.voice) as circle, u.said, u.known_from, u.known_until
      from ${workshop.nameOf('utterance')} u
      left join json_each_text('${JSON.stringify(history.circles())}') c on c.key = u.voice
     order by u.issue, circle`;
  for await (const page of workshop.pages<Known>(query)) {
    for (const known of page) {
      if (group[0] && (group[0].issue !== known.issue || group[0].circle !== known.circle)) {
        yield group;
        group = [];
      }
      group.push(known);
    }
  }
  if (group.length > 0) yield group;
}

/** When the utterance entered and left which series. */
function movesOfUtterance({ said, ...known }: Known, history: AffiliationHistory): Move[] {
  const voice = voiceOf(said);
  const moves: Move[] = [];
  let principal: string | undefined;
  const move = (to: string | undefined, sequence: number) => {
    if (to === principal) return;
    if (principal !== undefined) moves.push({ sequence, kind: 'leave', principal, said });
    if (to !== undefined) moves.push({ sequence, kind: 'enter', principal: to, said });
    principal = to;
  };
  const isKnownThen = (sequence: number) => sequence >= known.known_from && sequence < (known.known_until ?? Infinity);
  const turns = history.turnsOf([voice]).filter((turn) => turn > known.known_from && isKnownThen(turn));
  for (const sequence of [known.known_from, ...turns.toSorted((a, b) => a - b)])
    move(history.principalAt(sequence, voice, said), sequence);
  if (known.known_until !== null) move(undefined, known.known_until);
  return moves;
}

/** Notes the series that have their first assertion among the rows. */
async function openSeries(tables: Positions, schema: string, rows: AssertionRow[]): Promise<void> {
  const first = new Map<string, AssertionRow>();
  for (const row of rows.toSorted((a, b) => a.known_from - b.known_from || a.sequence - b.sequence))
    if (!first.has(seriesOf(row))) first.set(seriesOf(row), row);
  const series = [...first.values()];
  const open = await tables
    .selectFrom('series')
    .select(['principal', 'issue'])
    .where(
      sql<boolean>`(principal, issue) in (select * from unnest(${series.map((row) => row.principal)}::text[], ${series.map((row) => row.issue)}::text[]))`,
    )
    .execute();
  for (const row of open) first.delete(seriesOf(row));
  const opened = [...first.values()].map((row) => ({ ...row, known_until: null }));
  await insertRows(tables, schema, 'series', positionTables.series, opened);
}

function seriesOf({ principal, issue }: { principal: string; issue: string }): string {
  return `${principal} ${issue}`;
}

/** What enters and leaves which series: by being said, corrected or retracted, and by what becomes known of offices. */
async function movesOf(changes: readonly FactChange[], tables: Positions): Promise<Move[]> {
  const affiliated = affiliationChanges(changes).map(({ actor }) => actor);
  const unsaid = changes.flatMap(({ before, forgotten }) =>
    forgotten ? [forgotten.sequence] : before && utterancesOf(before).length > 0 ? [before.sequence] : [],
  );
  if (
    affiliated.length === 0 &&
    unsaid.length === 0 &&
    !changes.some(({ after }) => after && utterancesOf(after).length > 0)
  )
    return [];

  const history = await AffiliationHistory.read(tables, changes[0]!.sequence);
  const voices = affiliated.flatMap((actor) => [...history.dependants(actor)]);
  const placed = new Map<string, { principal: string; said: Utterance }>();
  for (const row of await rowsToMove(tables, unsaid, voices))
    placed.set(keyOf(row), { principal: row.principal, said: utteranceOf(row) });

  const moves: Move[] = [];
  for (const change of changes) {
    const { sequence, before, after, forgotten } = change;
    const principalOf = (said: Utterance) => history.principalAt(sequence, voiceOf(said), said);
    const leave = (key: string) => {
      const place = placed.get(key);
      if (place) moves.push({ sequence, kind: 'leave', ...place });
      placed.delete(key);
    };
    const enter = (said: Utterance) => {
      const place = { principal: principalOf(said), said };
      moves.push({ sequence, kind: 'enter', ...place });
      placed.set(keyOf(said), place);
    };
    if (before) for (const said of utterancesOf(before)) leave(keyOf(said));
    // It does not say any more what it said.
    if (forgotten) for (const [key, { said }] of placed) if (said.event === forgotten.id) leave(key);
    if (after) for (const said of utterancesOf(after)) enter(said);
    const actor = affiliatedBy(change);
    const dependants = actor === undefined ? undefined : history.dependants(actor);
    for (const [key, { principal, said }] of dependants ? [...placed] : []) {
      if (!dependants!.has(voiceOf(said)) || principalOf(said) === principal) continue;
      leave(key);
      enter(said);
    }
  }
  return moves;
}

function keyOf({ event, speaker }: { event: string; speaker: string }): string {
  return `${event} ${speaker}`;
}

async function rowsToMove(tables: Positions, sequences: number[], voices: string[]): Promise<AssertionRow[]> {
  if (sequences.length === 0 && voices.length === 0) return [];
  return tables
    .selectFrom('assertion')
    .selectAll()
    .where('known_until', 'is', null)
    .where((eb) =>
      eb.or([
        eb('sequence', '=', sql<number>`any(${sequences}::bigint[])`),
        eb('voice', '=', sql<string>`any(${voices}::text[])`),
      ]),
    )
    .execute();
}

/** At the place of each move: what stands there, and the counted assertions before and after it. */
async function standingRows(tables: Positions, schema: string, moves: Move[]): Promise<AssertionRow[]> {
  const places = moves.map(({ principal, said }) => ({
    principal,
    issue: said.issue,
    sequence: said.sequence,
    ...dayBounds(said),
  }));
  const assertion = sql.id(schema, 'assertion');
  const ofSeries = sql`a.principal = p.principal and a.issue = p.issue and a.known_until is null`;
  const { rows } = await sql<AssertionRow>`
    select distinct on (s.sequence, s.speaker) s.*
      from json_to_recordset(${JSON.stringify(places)}::json)
        as p(principal text, issue text, earliest date, latest date, sequence bigint)
      cross join lateral (
        (select a.* from ${assertion} a
          where ${ofSeries} and (a.earliest, a.latest, a.sequence) = (p.earliest, p.latest, p.sequence))
        union all
        (select a.* from ${assertion} a
          where ${ofSeries} and a.counted and (a.earliest, a.latest, a.sequence) > (p.earliest, p.latest, p.sequence)
          order by a.earliest, a.latest, a.sequence limit 1)
        union all
        (select a.* from ${assertion} a
          where ${ofSeries} and a.counted and (a.earliest, a.latest, a.sequence) < (p.earliest, p.latest, p.sequence)
          order by a.earliest desc, a.latest desc, a.sequence desc limit 1)
      ) s`.execute(tables);
  return rows;
}

async function endRows(tables: Positions, schema: string, ended: AssertionRow[]): Promise<void> {
  if (ended.length === 0) return;
  const ends = ended.map(({ sequence, speaker, known_until }) => ({ sequence, speaker, until: known_until }));
  await sql`
    update ${sql.id(schema, 'assertion')} t set known_until = x.until
      from json_to_recordset(${JSON.stringify(ends)}::json) as x(sequence bigint, speaker text, until bigint)
     where t.sequence = x.sequence and t.speaker = x.speaker and t.known_until is null`.execute(tables);
}
