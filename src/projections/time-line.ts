// The time line as an index sees it: one key to sort by, to seek and to join on, and the stretches of it that a window touches.
import type { Place } from './place.ts';
import type { Column } from './table.ts';

/**
 * A place on the time line: earliest day, latest day and sequence, 16 bytes in this order, as `\x` and hexadecimal digits.
 * Bytes sort as the places do.
 */
export const place: Column<string> = { sql: 'bytea not null' };

/** How many days a date can mean, as the index of the first of {@link BREADTHS} that is enough; 0 is a single day. */
export const breadth: Column<number> = { sql: 'smallint not null' };

/** Days, months, years, decades, and everything longer or open. */
const BREADTHS = [1, 31, 366, 3_653, Infinity];

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse('0001-01-01');
const LAST = 0xffff_ffff;

export interface Window {
  from?: string | undefined;
  to?: string | undefined;
  match: 'overlap' | 'contained';
}

/** Dates of the given breadth, or of any where that is null, whose places lie between the two, both left out. */
export interface Stretch {
  breadth: number | null;
  after: string;
  before: string;
}

export function keyOfPlace({ earliest, latest, sequence }: Place): string {
  return placeAt(numberOf(earliest), numberOf(latest), sequence);
}

export function breadthOf({ earliest, latest }: Pick<Place, 'earliest' | 'latest'>): number {
  const days = numberOf(latest) - numberOf(earliest) + 1;
  return BREADTHS.findIndex((most) => days <= most);
}

/**
 * Where to look for dates in a window, after a place. What overlaps it begins within, or before: then it is broad enough to
 * reach in, so breadth by breadth there is a first day to look from. `latest` remains to be checked.
 */
export function stretchesOf({ from, to, match }: Window, after: string | null): Stretch[] {
  const begin = from === undefined ? 0 : numberOf(from);
  const end = placeAt(to === undefined ? LAST : numberOf(to) + 1, 0, 0);
  const within: Stretch = { breadth: null, after: placeAt(begin, 0, 0), before: end };
  const reachingIn = BREADTHS.map((most, breadth) => ({
    breadth,
    after: placeAt(Math.max(0, begin - most + 1), 0, 0),
    before: within.after,
  })).slice(1);
  const stretches = begin > 0 && match === 'overlap' ? [...reachingIn, within] : [within];
  return stretches
    .map((stretch) => (after !== null && after > stretch.after ? { ...stretch, after } : stretch))
    .filter((stretch) => stretch.after < stretch.before);
}

function placeAt(earliest: number, latest: number, sequence: number): string {
  return `\\x${hexadecimal(earliest, 8)}${hexadecimal(latest, 8)}${hexadecimal(sequence, 16)}`;
}

function hexadecimal(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

function numberOf(day: string): number {
  if (day === '-infinity') return 0;
  return day === 'infinity' ? LAST : (Date.parse(day) - FIRST_DAY) / DAY_MS + 1;
}
