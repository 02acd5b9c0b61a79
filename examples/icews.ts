// `npm run icews -- events.tsv relation-map.csv`: posts coded events of ICEWS to a running Demarche. The first file has the columns
// date, subject, relation, object and mentions; the second says which CAMEO code and which event type a relation is. What is
// coded for both sides becomes one fact. Ids come from what a row says, so a second run adds nothing.
import { readFileSync } from 'node:fs';
import { ACTORS, castEvents } from './icews/cast.ts';
import { eventsOfFact } from './icews/events-of-fact.ts';
import { factsOfRows, relationsOf } from './icews/facts-of-rows.ts';
import { missingActors, postEvents } from './icews/post-events.ts';
import { readTable } from './icews/read-table.ts';
import { Failure, progress, SERVER } from './server.ts';

try {
  const [events, map] = process.argv.slice(2);
  if (events === undefined || map === undefined)
    throw new Failure('Expected two files: npm run icews -- events.tsv relation-map.csv');
  await load(events, map);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function load(eventsFile: string, mapFile: string): Promise<void> {
  const relations = relationsOf(readTable(readText(mapFile), 'csv'));
  const rows = readTable(readText(eventsFile), 'tsv');
  const { facts, unread } = factsOfRows(rows, relations);
  const cast = castEvents(await missingActors(SERVER, Object.values(ACTORS)));
  const events = [...cast, ...facts.flatMap(eventsOfFact)];
  const posted = await postEvents(SERVER, events, (done) => progress(`Posted ${done} of ${events.length} events`));
  const merged = rows.length - unread.length - facts.length;
  console.log(
    `Read ${rows.length} rows: ${facts.length} facts, ${merged} rows that told of one of them from the other side.`,
  );
  console.log(`Recorded ${posted.recorded} events; ${posted.there} were there already.`);
  report('Rows not read', counted(unread));
  report('Events refused', posted.refused);
}

function report(what: string, reasons: Map<string, number>): void {
  const count = [...reasons.values()].reduce((sum, one) => sum + one, 0);
  console.log(`${what}: ${count}`);
  for (const [reason, times] of reasons) console.log(`  ${times} × ${reason}`);
}

function counted(reasons: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
