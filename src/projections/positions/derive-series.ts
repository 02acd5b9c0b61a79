// Works a page of changes into the series: finds whom each utterance counts for, as was known then, and moves it in and out.
import { sql, type Transaction } from 'kysely';
import { voiceOf } from '../../domain/principal.ts';
import type { FactChange } from '../fact-changes.ts';
import type { DatabaseOf } from '../projection.ts';
import { dayBounds } from '../table.ts';
import { Tallies } from '../tallies.ts';
import { insertRows } from '../write-page.ts';
import { AffiliationHistory, affiliatedBy, affiliationChanges } from '../affiliations.ts';
import { utteranceFromRow, type AssertionRow } from './assertion-row.ts';
import { positionTables, type PositionTables } from './tables.ts';
import { SeriesBook, type Move } from './series-book.ts';
import { utterancesOf, type Utterance } from './utterance.ts';

type PositionsTransaction = Transaction<DatabaseOf<PositionTables>>;

export async function deriveSeries(changes: FactChange[], tables: PositionsTransaction, schema: string): Promise<void> {
  const moves = await movesOf(changes, tables);
  if (moves.length === 0) return;
  const book = new SeriesBook(await standingRows(tables, schema, moves));
  for (const together of Map.groupBy(moves, ({ sequence }) => sequence).values()) book.make(together);
  const { added, ended } = book.changes();
  await endRows(tables, schema, ended);
  await insertRows(tables, schema, 'assertion', positionTables.assertion, added);
  await openSeries(tables, schema, added);
  await countStatements(tables, schema, added, ended);
}

async function countStatements(
  tables: PositionsTransaction,
  schema: string,
  added: AssertionRow[],
  ended: { row: AssertionRow; until: number }[],
): Promise<void> {
  const tallies = new Tallies('statements', positionTables.statements, ['principal', 'issue']);
  const move = (row: AssertionRow, by: number, at: number) => {
    const { principal, issue, event, sequence } = row;
    if (row.counted) tallies.move({ principal, issue, event, sequence }, by, at);
  };
  for (const row of added) {
    move(row, 1, row.known_from);
    if (row.known_until !== null) move(row, -1, row.known_until);
  }
  for (const { row, until } of ended) move(row, -1, until);
  await tallies.write(tables, schema);
}

/** Notes the series that have their first assertion among the rows. */
async function openSeries(tables: PositionsTransaction, schema: string, rows: AssertionRow[]): Promise<void> {
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
async function movesOf(changes: FactChange[], tables: PositionsTransaction): Promise<Move[]> {
  const affiliated = affiliationChanges(changes).map(({ actor }) => actor);
  const unsaid = changes.flatMap(({ before }) => (before && utterancesOf(before).length > 0 ? [before.sequence] : []));
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
    placed.set(keyOf(row), { principal: row.principal, said: utteranceFromRow(row) });

  const moves: Move[] = [];
  for (const change of changes) {
    const { sequence, before, after } = change;
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

async function rowsToMove(
  tables: PositionsTransaction,
  sequences: number[],
  voices: string[],
): Promise<AssertionRow[]> {
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
async function standingRows(tables: PositionsTransaction, schema: string, moves: Move[]): Promise<AssertionRow[]> {
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

async function endRows(
  tables: PositionsTransaction,
  schema: string,
  ended: { row: AssertionRow; until: number }[],
): Promise<void> {
  if (ended.length === 0) return;
  const ends = ended.map(({ row, until }) => ({ sequence: row.sequence, speaker: row.speaker, until }));
  await sql`
    update ${sql.id(schema, 'assertion')} t set known_until = x.until
      from json_to_recordset(${JSON.stringify(ends)}::json) as x(sequence bigint, speaker text, until bigint)
     where t.sequence = x.sequence and t.speaker = x.speaker and t.known_until is null`.execute(tables);
}
