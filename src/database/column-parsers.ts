// How PostgreSQL's text becomes JavaScript values, for one pool and not for the whole process: whole numbers are
// numbers, and whatever has a calendar in it stays the text it is, because a Date would lose precision and zone.
import { type CustomTypesConfig, types } from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT = 25;
// text[], which the type definitions leave out.
const TEXT_ARRAY: number = 1009;
// date, timestamp, timestamptz, interval; and arrays of them.
const CALENDAR = new Set([1082, 1114, 1184, 1186]);
const CALENDAR_ARRAYS = new Set([1182, 1115, 1185, 1187]);

type Parser = (text: string) => unknown;

export const columnParsers: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    const parser = format === 'binary' ? undefined : textParser(oid);
    return parser ?? types.getTypeParser(oid, format);
  },
};

function textParser(oid: number): Parser | undefined {
  if (oid === INT8) return safeInteger;
  if (oid === INT8_ARRAY) return (text) => arrayOf(text).map((item) => (item === null ? null : safeInteger(item)));
  if (CALENDAR.has(oid)) return types.getTypeParser(TEXT);
  if (CALENDAR_ARRAYS.has(oid)) return arrayOf;
  return undefined;
}

const arrayOf = (text: string): (string | null)[] => types.getTypeParser(TEXT_ARRAY)(text) as (string | null)[];

function safeInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `The database answered with the bigint ${text}, and a JavaScript number is exact only up to ` +
      `${Number.MAX_SAFE_INTEGER}. Cast the column to text where it may be larger.`,
  );
}
