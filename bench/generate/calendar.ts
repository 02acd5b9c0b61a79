// When things happen: ten years that are gone through again and again, a thousand events each time, as one archive after another
// is worked through. So a log of any length covers the same years, and one of twice the length is twice as dense.
import type { Random } from './random.ts';
import { weighted } from './random.ts';

const FIRST_DAY = Date.UTC(2014, 10, 1);
const DAYS = 3_652;
const DAY_MS = 86_400_000;

/** Events in one archive. */
export const ARCHIVE = 1_000;

const LATE = 0.1;
/** Whatever arrives late happened at most so many days before. */
const LATEST = 730;

const pickForm = weighted([
  ['day', 78],
  ['month', 15],
  ['year', 2],
  ['interval', 3],
  ['approximate', 1.5],
  ['open', 0.5],
]);

/** The day that the n-th event of the log brings the archive to. */
export function dayOf(index: number): string {
  return iso(Math.floor(((index % ARCHIVE) / ARCHIVE) * DAYS));
}

/** A date as a source may give it, of that day or, where it arrives late, of one before. */
export function dateAround(day: string, random: Random): string {
  const today = Math.round((Date.parse(day) - FIRST_DAY) / DAY_MS);
  const number = random.chance(LATE) ? Math.max(0, today - random.between(1, LATEST)) : today;
  const exact = iso(number);
  switch (pickForm(random)) {
    case 'month':
      return exact.slice(0, 7);
    case 'year':
      return exact.slice(0, 4);
    case 'interval':
      return `${exact}/${iso(number + random.between(1, 20))}`;
    case 'approximate':
      return random.pick([`${exact}~`, `${exact.slice(0, 7)}~`, `${exact}?`]);
    case 'open':
      return random.pick([`${exact}/..`, `../${exact}`]);
    default:
      return exact;
  }
}

function iso(number: number): string {
  return new Date(FIRST_DAY + number * DAY_MS).toISOString().slice(0, 10);
}
