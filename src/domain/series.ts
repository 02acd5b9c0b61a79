// Positions over time: orders the assertions of one principal on one issue and says what each of them changed.
import { compareInTime, type Interval } from './occurred.ts';
import { FIRMNESSES, type Firmness, type Position } from './stance.ts';

/** One utterance as it bears on one issue. A `position` of null takes the position back. */
export interface Assertion extends Interval {
  event: string;
  sequence: number;
  position: Position | null;
  firmness: Firmness | null;
  conditionsAdded: string[];
  conditionsDropped: string[];
  /** Only what counts is classed; opinions, assessments and plans are listed beside it. */
  counted: boolean;
}

export const CHANGES = ['new', 'withdrawn', 'reversed', 'shifted', 'hardened', 'softened', 'reiterated'] as const;
export type Change = (typeof CHANGES)[number];

/** What an assertion changed against the one before it. `delta` is in steps of the scale −2 to +2. */
export interface Classing {
  change: Change | null;
  direction: 'support' | 'oppose' | null;
  delta: number | null;
  /** The event id of the assertion before. */
  previous: string | null;
  /** Whether the position had been withdrawn and is taken up again. */
  renewed: boolean;
}

/** The class of what changes nothing because it does not count. */
export const UNCOUNTED: Classing = { change: null, direction: null, delta: null, previous: null, renewed: false };

/** Classes an assertion against the counted one before it, by the first rule that matches. */
export function classify(previous: Assertion | null, next: Assertion): Classing {
  if (!next.counted) return UNCOUNTED;
  const before = previous?.event ?? null;
  if (next.position === null) return { ...UNCOUNTED, change: 'withdrawn', previous: before };
  if (!previous || previous.position === null) {
    return { ...UNCOUNTED, change: 'new', previous: before, renewed: previous !== null };
  }
  const delta = next.position - previous.position;
  return {
    change: changeOf(previous.position, next.position, firmnessChange(previous, next)),
    direction: delta === 0 ? null : delta > 0 ? 'support' : 'oppose',
    delta,
    previous: before,
    renewed: false,
  };
}

/** Orders the assertions and classes each; the order in which they arrive does not matter. */
export function classifySeries<A extends Assertion>(assertions: A[]): (A & Classing)[] {
  let previous: Assertion | null = null;
  return assertions.toSorted(compareInTime).map((assertion) => {
    const classed = { ...assertion, ...classify(previous, assertion) };
    if (assertion.counted) previous = assertion;
    return classed;
  });
}

interface Tied {
  counted: boolean;
  change: Change | null;
  conditions: { added: string[]; dropped: string[] };
}

/** What the position is tied to at the end of a series: the conditions added since it was new or reversed, less those dropped. */
export function conditionsInForce(series: Tied[]): string[] {
  const inForce = new Set<string>();
  for (const { change, conditions } of series.filter(({ counted }) => counted)) {
    if (change === 'new' || change === 'withdrawn' || change === 'reversed') inForce.clear();
    for (const condition of conditions.dropped) inForce.delete(condition);
    for (const condition of conditions.added) inForce.add(condition);
  }
  return [...inForce];
}

function changeOf(p: number, n: number, firmness: number): Change {
  if (p * n < 0) return 'reversed';
  if (p === 0 && n !== 0) return 'shifted';
  if (Math.abs(n) > Math.abs(p)) return 'hardened';
  if (Math.abs(n) < Math.abs(p)) return 'softened';
  return firmness > 0 ? 'hardened' : firmness < 0 ? 'softened' : 'reiterated';
}

/** Above 0 where the position got firmer or was tied to something new, below 0 where it got looser. */
function firmnessChange(previous: Assertion, next: Assertion): number {
  const up = next.firmness && previous.firmness ? rank(next.firmness) - rank(previous.firmness) : 0;
  if (up > 0 || next.conditionsAdded.length > 0) return 1;
  if (up < 0 || next.conditionsDropped.length > 0) return -1;
  return 0;
}

function rank(firmness: Firmness): number {
  return FIRMNESSES.indexOf(firmness);
}
