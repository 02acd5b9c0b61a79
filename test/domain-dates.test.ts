// Dates in the world: what an EDTF text means, what is no date, and the order of dates that are only roughly known.
import * as fc from 'fast-check';
import t from 'tap';
import { compareOccurred, edtf, type Interval, parseOccurred } from '../src/domain/occurred.ts';

/** The text, the first and last day it can mean, its precision, and its flags. */
const MEANINGS: [text: string, earliest: string | null, latest: string | null, precision: string, flags?: string][] = [
  // Days, months, years.
  ['2024-11-15', '2024-11-15', '2024-11-15', 'day'],
  ['2024-11', '2024-11-01', '2024-11-30', 'month'],
  ['2024-12', '2024-12-01', '2024-12-31', 'month'],
  ['2024', '2024-01-01', '2024-12-31', 'year'],
  ['0001', '0001-01-01', '0001-12-31', 'year'],
  ['9999-12-31', '9999-12-31', '9999-12-31', 'day'],
  // Leap days.
  ['2024-02', '2024-02-01', '2024-02-29', 'month'],
  ['2023-02', '2023-02-01', '2023-02-28', 'month'],
  ['1900-02', '1900-02-01', '1900-02-28', 'month'],
  ['2000-02-29', '2000-02-29', '2000-02-29', 'day'],
  ['2024-02-29', '2024-02-29', '2024-02-29', 'day'],
  // Times: the day is the one of the place it was written for, whatever day that is elsewhere.
  ['2024-11-15T23:30:00Z', '2024-11-15', '2024-11-15', 'time'],
  ['2024-11-15T23:30:00-05:00', '2024-11-15', '2024-11-15', 'time'],
  ['2024-11-15T00:30:00+14:00', '2024-11-15', '2024-11-15', 'time'],
  ['2024-11-15T10:00:00', '2024-11-15', '2024-11-15', 'time'],
  // Intervals, as precise as the vaguer bound.
  ['2024-06-16/2024-06-17', '2024-06-16', '2024-06-17', 'day'],
  ['2024-06-16/2024-06-16', '2024-06-16', '2024-06-16', 'day'],
  ['2022/2024-06', '2022-01-01', '2024-06-30', 'year'],
  ['2024-06-16/2024-07', '2024-06-16', '2024-07-31', 'month'],
  ['2024-11/2024-11-05', '2024-11-01', '2024-11-05', 'month'],
  // Open and unknown bounds.
  ['../2024-11', null, '2024-11-30', 'month'],
  ['/2024-11', null, '2024-11-30', 'month'],
  ['2024-11-15/..', '2024-11-15', null, 'day'],
  ['2024/', '2024-01-01', null, 'year'],
  // Approximate, uncertain, both; neither widens the interval.
  ['2022-02~', '2022-02-01', '2022-02-28', 'month', '~'],
  ['2024-11-15?', '2024-11-15', '2024-11-15', 'day', '?'],
  ['2024%', '2024-01-01', '2024-12-31', 'year', '~?'],
  ['2024-06~/2024-07?', '2024-06-01', '2024-07-31', 'month', '~?'],
  ['../2024-11~', null, '2024-11-30', 'month', '~'],
  // Digits left open.
  ['2024-XX', '2024-01-01', '2024-12-31', 'year'],
  ['2024-XX-XX', '2024-01-01', '2024-12-31', 'year'],
  ['2024-02-XX', '2024-02-01', '2024-02-29', 'month'],
  ['202X', '2020-01-01', '2029-12-31', 'decade'],
  ['20XX', '2000-01-01', '2099-12-31', 'century'],
  // Seasons: their months depend on the hemisphere.
  ['2024-21', '2024-01-01', '2024-12-31', 'season'],
  ['2024-24', '2024-01-01', '2024-12-31', 'season'],
];

t.test('a text of level 0 or 1 is read as the days it can mean, and kept as written', async (t) => {
  for (const [text, earliest, latest, precision, flags = ''] of MEANINGS) {
    const meaning = {
      edtf: text,
      earliest,
      latest,
      precision,
      approximate: flags.includes('~'),
      uncertain: flags.includes('?'),
    };
    t.same(parseOccurred(text), meaning, text);
    t.equal(edtf.parse(text), text);
  }
});

const REFUSED: Record<string, RegExp> = {
  // Level 2.
  '2024-1X': /is EDTF of level 2; expected an EDTF date \(level 0 or 1,/,
  '156X-12-25': /level 2/,
  '2024?-11-15': /level 2/,
  '2024-25': /level 2/,
  '{2024-11-15,2024-11-16}': /level 2/,
  '[2024,2025]': /level 2/,
  '2024-06-XX/2024-07': /level 2/,
  '2024S2': /level 2/,
  // No day of any calendar.
  '2024-02-30': /is not a date/,
  '2024-13': /is not a date/,
  '2024-11-31': /is not a date/,
  '2023-02-29': /no day of the calendar/,
  '1900-02-29': /no day of the calendar/,
  '2024-02-28/2025-02-29': /"2025-02-29" is no day of the calendar/,
  '2023-02-29T10:00:00Z': /no day of the calendar/,
  '2024-11-15T25:00:00Z': /is not a date/,
  // Outside the years that a database can hold.
  Y170000002: /outside the years 0001 to 9999/,
  '-9999-01-01': /outside the years/,
  '0000': /outside the years/,
  '0000-12-31/0001': /"0000-12-31" is outside the years/,
  XXXX: /outside the years/,
  // Intervals that say nothing, or end before they begin.
  '../..': /names no date at all; expected at least one bound/,
  '/': /names no date at all/,
  '../': /names no date at all/,
  '2024-06-17/2024-06-16': /ends before it begins; expected an interval with the earlier date first/,
  '2024-12/2024-11': /ends before it begins/,
  '2025/2024': /ends before it begins/,
  // Not quite a date.
  '': /"" is not a date/,
  '..': /is not a date/,
  ' 2024': /is not a date/,
  '2024-11-15 ': /is not a date/,
  '2024-11-15 10:00': /is not a date/,
  '15.11.2024': /is not a date/,
  '2024-11-15\0': /is not a date/,
  '2024-11-15\n': /is not a date/,
  '２０２４': /is not a date/,
  yesterday: /is not a date/,
};

t.test('anything else is refused with a sentence that says what was expected', async (t) => {
  for (const [text, sentence] of Object.entries(REFUSED)) {
    t.throws(() => parseOccurred(text), { name: 'RangeError', message: sentence }, JSON.stringify(text));
    t.match(edtf.safeParse(text).error?.issues, [{ code: 'custom', message: /^expected / }]);
  }
});

t.test('a text that is too long is refused for that, and not repeated', async (t) => {
  const { error } = edtf.safeParse('2024-11-15/'.repeat(100_000));
  t.match(error?.issues, [{ code: 'too_big', maximum: 64 }]);
  t.equal(error?.issues.length, 1);
});

const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
const year = fc.integer({ min: 0, max: 10_001 }).map((n) => String(n).padStart(4, '0'));
const partOfDate = fc.oneof(
  year,
  fc.tuple(year, two(26)).map((parts) => parts.join('-')),
  fc.tuple(year, two(13), two(32)).map((parts) => parts.join('-')),
  fc.constantFrom('', '..', '202X', '19XX', '2024-XX', '2024-11-XX', '2024-11-15T10:00:00+01:00'),
);
const qualified = fc.tuple(partOfDate, fc.constantFrom('', '~', '?', '%')).map((parts) => parts.join(''));
/** Texts that look like dates, many of which are. */
const dateLike = fc.oneof(
  qualified,
  fc.tuple(qualified, qualified).map((bounds) => bounds.join('/')),
);
const anyText = fc.oneof(
  dateLike,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789-/.XTZY~?%:+[]{},S\0 ')), maxLength: 24 }),
);

t.test('whatever the text, it is read or refused, and what is read runs forwards', async (t) => {
  let read = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      const found = readOrRefusal(text);
      if (found instanceof Error) return found instanceof RangeError && edtf.safeParse(text).error !== undefined;
      read++;
      const bounds = [found.earliest, found.latest].filter((day) => day !== null);
      return (
        found.edtf === text &&
        bounds.length > 0 &&
        bounds.every(isDay) &&
        bounds.toSorted().join() === bounds.join() &&
        edtf.safeParse(text).data === text
      );
    }),
    { numRuns: 1_500 },
  );
  t.ok(read > 100, 'many of the texts were dates');
});

function readOrRefusal(text: string) {
  try {
    return parseOccurred(text);
  } catch (error) {
    return error as Error;
  }
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

t.test('dates are ordered by their earliest day, then by their latest; open bounds lie outermost', async (t) => {
  const inOrder = [
    '../2024',
    '../2025',
    '2023',
    '2024-01-01',
    '2024-01',
    '2024',
    '2024/..',
    '2024-01-02',
    '2024-01-02/..',
  ];
  for (const [place, text] of inOrder.entries()) {
    t.equal(compareOccurred(parseOccurred(text), parseOccurred(text)), 0, text);
    for (const later of inOrder.slice(place + 1)) {
      t.ok(compareOccurred(parseOccurred(text), parseOccurred(later)) < 0, `${text} comes before ${later}`);
    }
  }
});

const bound = fc.option(fc.constantFrom('2023-12-31', '2024-01-01', '2024-02-29', '2024-03-01'), { freq: 3 });
const interval: fc.Arbitrary<Interval> = fc.record({ earliest: bound, latest: bound });

const sign = (a: Interval, b: Interval) => Math.sign(compareOccurred(a, b));

t.test('the order of dates is total', async () => {
  fc.assert(
    fc.property(interval, interval, interval, (a, b, c) => {
      const isSame = a.earliest === b.earliest && a.latest === b.latest;
      const isTransitive = sign(a, b) > 0 || sign(b, c) > 0 || sign(a, c) <= 0;
      return (sign(a, b) === 0) === isSame && sign(a, b) + sign(b, a) === 0 && isTransitive;
    }),
    { numRuns: 1_000 },
  );
});
