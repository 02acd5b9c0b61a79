// Valid time: when something happened in the world, as an EDTF text kept as written and indexed as an interval of days.
import { parse, type ParsedDate, type ParsedInterval } from 'edtf';
import { z } from 'zod';

export const PRECISIONS = ['time', 'day', 'month', 'season', 'year', 'decade', 'century'] as const;

/** How finely a date is known, finest first. An interval is as precise as its vaguer bound. */
type Precision = (typeof PRECISIONS)[number];

/**
 * A date in the world. `earliest` and `latest` are the first and last calendar day it can mean, as
 * `YYYY-MM-DD`; null where the bound is open or unknown. `~` and `%` set `approximate`, `?` and `%` set
 * `uncertain`; neither widens the interval. A season is indexed as its whole year, because its months
 * depend on the hemisphere. ISO 8601-2:2019 (EDTF), levels 0 and 1.
 */
export interface Occurred {
  edtf: string;
  earliest: string | null;
  latest: string | null;
  precision: Precision;
  approximate: boolean;
  uncertain: boolean;
}

const REMEMBERED = 10_000;
const remembered = new Map<string, Occurred>();

/** Reads an EDTF text of level 0 or 1. Throws a RangeError whose message says what was expected. */
export function parseOccurred(edtf: string): Occurred {
  // The grammar takes some 60 µs and the same dates come again and again.
  const known = remembered.get(edtf);
  if (known) return known;
  const occurred = Object.freeze(interpret(edtf));
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(edtf, occurred);
  return occurred;
}

/** The EDTF text of a date; parsing it with {@link parseOccurred} is safe once this has accepted it. */
export const edtf = z
  .string()
  .max(64, { abort: true })
  .superRefine((value, context) => {
    try {
      parseOccurred(value);
    } catch (error) {
      // What was found is told by whoever reports the issue.
      context.addIssue({ code: 'custom', message: (error as Error).message.replace(/^[^]*; expected /, 'expected ') });
    }
  })
  .meta({
    description:
      'A date in EDTF (ISO 8601-2, levels 0 and 1), kept as written: `2024-11-15`, `2022-12`, `2024`, ' +
      '`2024-06-16/2024-06-17`, `2022-02~`, `../2024-11`.',
    examples: ['2024-11-15'],
  });

const EXPECTED =
  'an EDTF date (level 0 or 1, years 0001 to 9999) such as 2024-11-15, 2022-12, 2024-06-16/2024-06-17 or ../2024-11';

function interpret(text: string): Occurred {
  // Most dates are days, which take no grammar.
  if (isDay(text))
    return { edtf: text, earliest: text, latest: text, precision: 'day', approximate: false, uncertain: false };
  const parsed = parsedOf(text);
  if (parsed.level > 1) throw new RangeError(`"${text}" is EDTF of level 2; expected ${EXPECTED}`);
  const occurred = parsed.type === 'Interval' ? between(text, parsed) : single(text, parsed as ParsedDate);
  const { earliest, latest } = occurred;
  if (earliest !== null && latest !== null && earliest > latest)
    throw new RangeError(`"${text}" ends before it begins; expected an interval with the earlier date first`);
  return occurred;
}

function between(text: string, { values }: ParsedInterval): Occurred {
  const [first = null, last = null] = text.split('/').map((bound, side) => {
    const date = values[side];
    return typeof date === 'object' && date ? single(bound, date) : null;
  });
  const bounds = [first, last].filter((bound) => bound !== null);
  if (bounds.length === 0) throw new RangeError(`"${text}" names no date at all; expected at least one bound`);
  return {
    edtf: text,
    earliest: first?.earliest ?? null,
    latest: last?.latest ?? null,
    precision: bounds.map((bound) => bound.precision).reduce(vaguer),
    approximate: bounds.some((bound) => bound.approximate),
    uncertain: bounds.some((bound) => bound.uncertain),
  };
}

function parsedOf(text: string) {
  try {
    return parse(text);
  } catch {
    throw new RangeError(`"${text}" is not a date; expected ${EXPECTED}`);
  }
}

function single(text: string, date: ParsedDate): Occurred {
  const [year, month, day] = date.values as [number, number?, number?];
  if (date.type === 'Decade' || date.type === 'Century' || !(year >= 1 && year <= 9999)) {
    throw new RangeError(`"${text}" is outside the years 0001 to 9999; expected ${EXPECTED}`);
  }
  const precision = precisionOf(text, date);
  const widest = { decade: 9, century: 99 } as Partial<Record<Precision, number>>;
  const lastYear = year + (widest[precision] ?? 0);
  const hasMonth = precision === 'time' || precision === 'day' || precision === 'month';
  const firstMonth = hasMonth ? month! + 1 : 1;
  const lastMonth = hasMonth ? month! + 1 : 12;
  const hasDay = precision === 'time' || precision === 'day';
  // The library knows how long months are, but not which years have a 29 February.
  if (hasDay && day! > daysIn(year, firstMonth))
    throw new RangeError(`"${text}" is no day of the calendar; expected a date that exists`);
  return {
    edtf: text,
    earliest: isoDay(year, firstMonth, hasDay ? day! : 1),
    latest: isoDay(lastYear, lastMonth, hasDay ? day! : daysIn(lastYear, lastMonth)),
    precision,
    approximate: Boolean(date.approximate),
    uncertain: Boolean(date.uncertain),
  };
}

function precisionOf(text: string, date: ParsedDate): Precision {
  if (date.type === 'Season') return 'season';
  if (/^\d\dXX/.test(text)) return 'century';
  if (/^\d{3}X/.test(text)) return 'decade';
  if (/^\d{4}-XX/.test(text)) return 'year';
  if (/^\d{4}-\d\d-XX/.test(text)) return 'month';
  return (['year', 'month', 'day'] as const)[date.values.length - 1] ?? 'time';
}

function vaguer(a: Precision, b: Precision): Precision {
  return PRECISIONS.indexOf(a) > PRECISIONS.indexOf(b) ? a : b;
}

/** How many days a month has, of 1 to 12. */
export function daysIn(year: number, month: number): number {
  const end = new Date(0);
  end.setUTCFullYear(year, month, 0);
  return end.getUTCDate();
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function isoDay(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/**
 * The order of dates on every timeline: earliest day first, then latest. An open start comes before every
 * day, an open end after every day. Sequence decides what is still equal.
 */
export function compareOccurred(a: Interval, b: Interval): number {
  return compareDays(a.earliest, b.earliest, -1) || compareDays(a.latest, b.latest, 1);
}

/** The same, of facts: what is still equal stands by sequence. */
export function compareInTime(a: Interval & { sequence: number }, b: Interval & { sequence: number }): number {
  return compareOccurred(a, b) || a.sequence - b.sequence;
}

export type Interval = Pick<Occurred, 'earliest' | 'latest'>;

function compareDays(a: string | null, b: string | null, open: 1 | -1): number {
  if (a === b) return 0;
  if (a === null) return open;
  if (b === null) return -open;
  return a < b ? -1 : 1;
}
