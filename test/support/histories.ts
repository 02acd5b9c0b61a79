// Generated logs told to a whole Demarche, and the moments at which it is asked about them.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import type { RecordedEvent } from '../../src/domain/event.ts';
import { readAfter, readHead } from '../../src/events/read-log.ts';
import { projections } from '../../src/projections/every-projection.ts';
import type { Rebuild } from '../../src/projections/rebuild.ts';
import type { Demarche } from './demarche.ts';
import { DAYS, eventsOf, type Kinds, logOf, stepsOf } from './generate-log.ts';
import { gist, KnownFacts, type PlainFact } from './oracle-facts.ts';
import type { Draft } from './oracle-log.ts';

const EVERYTHING = 10_000;

/** What is asked about: the day, what was known, and how the question is put. */
export interface Moment {
  at: string | null;
  knownAt: number | null;
  known: KnownFacts;
  /** Items a page. */
  limit: number;
}

export interface History {
  prefix: string;
  recorded: RecordedEvent[];
  moments: Moment[];
  /** To choose with among whatever there is. */
  choice: number;
}

/** A log, the pages in which it is applied, and the moments. */
function historyOf(kinds: Kinds) {
  return fc.record({
    drawn: stepsOf(kinds, { maxLength: 80 }),
    pages: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    moments: fc.array(
      fc.record({
        at: fc.option(fc.constantFrom(...DAYS), { freq: 3 }),
        back: fc.option(fc.nat(30), { freq: 4 }),
        limit: fc.constantFrom(1000, 2, 1, 3),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    choice: fc.nat(1000),
  });
}

/** What always the same logs of these kinds say when all is told. */
export function sampleOf(kinds: Kinds): RecordedEvent[][] {
  const drawn = fc.sample(stepsOf(kinds, { maxLength: 80 }), { seed: 1, numRuns: 20 });
  return drawn.map((one) => logOf(one, 'h', 0).log.events);
}

/** So many of each at least, so that nothing is promised of what never came about. */
export function assertAtLeast(found: string[], least: Record<string, number>): void {
  const counts = Map.groupBy(found, (one) => one);
  for (const [name, number] of Object.entries(least)) {
    const { length } = counts.get(name) ?? [];
    assert.ok(length >= number, `${name} came about ${length} times, not ${number}`);
  }
}

let told = 0;

/** Tells as many generated logs as there are runs, and checks each; answers everything that was recorded. */
export async function eachHistory(
  demarche: Demarche,
  kinds: Kinds,
  numRuns: number,
  check: (history: History) => Promise<void>,
): Promise<RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  await fc.assert(
    fc.asyncProperty(historyOf(kinds), async ({ drawn, pages, moments, choice }) => {
      const prefix = `h${++told}`;
      const recorded = await tell(demarche, eventsOf(drawn, prefix, told * 1_000), pages);
      all.push(...recorded);
      const last = recorded.at(-1)!.sequence;
      const resolved = moments.map(({ at, back, limit }) => {
        const knownAt = back === null ? null : Math.max(recorded[0]!.sequence, last - back);
        return { at, knownAt, limit, known: new KnownFacts(recorded, knownAt) };
      });
      await check({ prefix, recorded, moments: resolved, choice }).catch((error: Error) => {
        throw new Error(`${error.message}\n${recorded.map(inShort).join('\n')}`, { cause: error });
      });
    }),
    // Making a counterexample small takes its time too.
    { numRuns, interruptAfterTimeLimit: 20_000 },
  );
  return all;
}

function inShort({ sequence, id, type, occurred, data, modality }: RecordedEvent): string {
  return `${sequence} …${id.slice(-5)} ${type} ${occurred} ${modality ?? ''} ${JSON.stringify(data)}`;
}

/** Records the events, a page of the given length at a time, each applied before the next; answers them as recorded. */
export async function tell(demarche: Demarche, drafts: Draft[], pages: number[]): Promise<RecordedEvent[]> {
  const { sequence } = await readHead(demarche.log);
  const waiting = [...drafts];
  for (let n = 0; waiting.length > 0; n++) {
    const reached = await demarche.record(...waiting.splice(0, pages[n % pages.length]));
    const applied = projections.map(({ name }) => demarche.projector.reaches(name, reached, 10_000));
    assert.ok((await Promise.all(applied)).every(Boolean), `Sequence ${reached} was not reached.`);
  }
  return readAfter(demarche.log, sequence, EVERYTHING);
}

type Query = Record<string, string | number | boolean | string[] | null | undefined>;

/** The whole answer to a question; undefined where there is no such thing. */
export async function askOne(demarche: Demarche, path: string, query: Query): Promise<any> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const parameters = new URLSearchParams(given as [string, string][]).toString();
  const { status, body } = await demarche.get(`${path}?${parameters}`);
  if (body.code === 'not_found' && !body.detail.includes('/docs')) return undefined;
  assert.equal(status, 200, `${path} ${JSON.stringify(query)}: ${JSON.stringify(body)}`);
  return body;
}

/** All items of a list, page by page. */
export async function askAll(demarche: Demarche, path: string, query: Query): Promise<any[]> {
  const items: any[] = [];
  let cursor: string | undefined;
  do {
    const page = await askOne(demarche, path, { ...query, cursor });
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** A fact as the API shows it, by as much of it as the oracle tells. */
export function shownGist({ occurred, modality, ...view }: any): ReturnType<typeof gist> {
  return gist({ ...view, occurred: occurred.edtf, modality } as PlainFact);
}

/** They are the same to the last field; if not, tells where they differ first, because what is compared is long. */
export function assertSame(found: unknown, expected: unknown, path = ''): void {
  if (isDeepStrictEqual(found, expected)) return;
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (isTree(found) && isTree(expected)) {
    const fields = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
    for (const field of fields) assertSame(found[field], expected[field], `${path}/${field}`);
  }
  assert.fail(`At ${path}, found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** The number as it is told: rounded to so many digits, wherever a half goes, or as exact as numbers are. */
export function assertRounded(found: number, exact: number, digits = 15): void {
  const isRounded = Number(found.toFixed(digits)) === found || digits === 15;
  const isNear = Math.abs(found - exact) <= 0.5 / 10 ** digits + 1e-9;
  assert.ok(isRounded && isNear, `${found} is not ${exact} rounded to ${digits} digits`);
}

/** A rebuild from zero makes the same tables to the last row. */
export async function assertRebuilt(demarche: Demarche, name: string): Promise<void> {
  requireSame(await demarche.rebuild([name], { dryRun: true }), 'compared');
}

/** The same of every projection at once, all up with the log; from here on, what was rebuilt is what answers and is written on. */
export async function replaceByRebuilt(demarche: Demarche): Promise<void> {
  const names = projections.map(({ name }) => name);
  const rebuild = await demarche.rebuild(names);
  requireSame(rebuild, 'switched');
  assert.deepEqual([...new Set(rebuild.comparison!.tables.map(({ projection }) => projection))].toSorted(), names);
  assert.equal(rebuild.comparison!.sequence, (await readHead(demarche.log)).sequence);
}

function requireSame({ state, error, comparison }: Rebuild, expected: Rebuild['state']): void {
  assert.deepEqual({ state, error }, { state: expected, error: null });
  const different = comparison!.tables.filter(({ equal }) => !equal);
  assert.deepEqual(different, []);
  assert.ok(comparison!.tables.some(({ rows }) => rows.live > 0));
}
