// What can be done to a valid request: to a value of its body, to the text of a parameter or header, to its bytes.
import * as fc from 'fast-check';
import { type Path, valueAt, withValue } from './paths.ts';

export type Mutation =
  | { kind: 'value'; value: unknown }
  | { kind: 'number'; text: string }
  | { kind: 'raw'; text: string }
  | { kind: 'slightly'; change: number }
  | { kind: 'rename'; name: string }
  | { kind: 'beside'; name: string }
  | { kind: 'remove' | 'again' };

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  'x',
  'id',
  'summary',
  'stance',
  'Type',
  'a\0b',
  '\ud800',
  '$ref',
  'limit[]',
  'limit[a]',
];

const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udc00',
  '\uFEFF',
  '\u202e\u2066evil\u2069',
  'ﷺ'.repeat(100),
  '🏳️‍🌈',
  'e\u0301'.repeat(50),
  'x'.repeat(81),
  'x'.repeat(2_001),
  'é'.repeat(5_000),
  '"',
  '\\',
  "'",
  '`',
  '{}',
  '[]',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  "' or '1'='1",
  "'; drop table log.event; --",
  '$1',
  "\\' or true --",
  '%',
  '_',
  '{a,b}',
  '(select pg_sleep(9))',
  'x\r\nSet-Cookie: stolen=1',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '${7*7}',
  '{{7*7}}',
  '1e400',
  '-0',
  '0x1F',
  '1_000',
  '９',
  '00000000000000001',
  '9007199254740993',
  '99999999999999999999',
  '-1',
  '0.5',
  '1e3',
  '-9999-01-01',
  '../..',
  'Y170000002',
  '0000',
  '2024-02-30',
  '2024-11-15/2024-11-14',
  '2024-21',
  '../2024',
  '2024?',
  '156X-12-XX',
  '0001-01-01',
  '9999-12-31',
  '2024-11-15T10:00:00Z',
  '2024-11-15T23:59:60Z',
  '2024-11-15T10:00:00+99:99',
  '+002024-11-15',
  '0193302f-1c00-7000-8000-000000000001',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  'javascript:alert(1)',
  'https://',
  'http://[::1',
  'data:text/html,x',
  'true',
  'false',
  'W/"1"',
  '"1"',
  '*',
  'identity',
  'gzip',
  'germany',
  'russia',
  'germany,russia',
  'germany,germany',
  'troop-withdrawal',
  'CallHeld',
  'asserted',
  'all',
  'recorded',
  '1',
  '2',
];

/** As they stand in JSON; JavaScript has no such numbers. */
const NUMBERS = [
  '1e400',
  '-1e400',
  '-0',
  '9007199254740993',
  '-9007199254740993',
  '1e-400',
  '0.1',
  '2147483648',
  '1e21',
  '-1',
  '0',
];

const NESTED = Array.from({ length: 100 }).reduce((inside: unknown) => [inside], 1);

const VALUES: unknown[] = [
  null,
  true,
  false,
  {},
  [],
  [[]],
  [null],
  NESTED,
  { a: { a: {} } },
  { length: 3 },
  { toString: 1 },
  Array.from({ length: 300 }, (_, n) => `actor-${n}`),
  ['germany', 'germany'],
  Array(1_000).fill('germany'),
];

/** Characters that an address may not hold as they are, and what encodes nothing. */
const RAW = [
  '%',
  '%zz',
  '%ff',
  '%00',
  '%ed%a0%80',
  '%c0%af',
  '%u0041',
  '&',
  '&&=&',
  '=',
  '#',
  '?',
  '/',
  '//',
  '/../',
  '..;/',
  ';',
  '+',
  '%0d%0aSet-Cookie:%20a=1',
  '%2e%2e%2f',
  '[',
  '|',
  '"',
];

/** Half of what is done is slight, so that what lies behind the schemas is reached too. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('value' as const),
      value: fc.constantFrom('\0', 'a\0b', '\ud800', 'a\udc00'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('slightly' as const), change: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.constantFrom<unknown>(...TEXTS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.constantFrom(...VALUES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.jsonValue({ maxDepth: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.string({ unit: 'binary', maxLength: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('number' as const), text: fc.constantFrom(...NUMBERS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('raw' as const), text: fc.constantFrom(...RAW) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beside' as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'again' as const) }) },
);

const SLIGHTLY: ((value: any) => unknown)[] = [
  (value) => (typeof value === 'string' ? `${value}é` : value),
  (value) => (typeof value === 'string' ? value.toUpperCase() : value),
  (value) => (typeof value === 'string' ? value.replace(/\d$/, '2') : value),
  (value) => (typeof value === 'string' ? value.slice(0, -1) : value),
  (value) =>
    typeof value === 'number'
      ? value - 1
      : typeof value === 'string' && /^\d+$/.test(value)
        ? `${Number(value) + 1}`
        : value,
  (value) => (Array.isArray(value) ? value.toReversed() : value),
  (value) => (Array.isArray(value) ? [...value, ...value] : value),
  (value) => (typeof value === 'number' ? String(value) : value),
];

/** Stand in a value for what JSON.stringify cannot write: a number such as 1e400, a name that is there twice. */
const NUMBER = '\u{f0000}number:';
const AGAIN = '\u{f0000}again:';

/** JSON of a value that was mutated. */
export function jsonOf(value: unknown): string {
  // JSON cannot say undefined, nor could a client.
  return (JSON.stringify(value) ?? 'null')
    .replaceAll(new RegExp(`"${NUMBER}([^"]*)"`, 'gu'), '$1')
    .replaceAll(new RegExp(`"${AGAIN}`, 'gu'), '"');
}

export function mutateValue(value: unknown, path: Path, mutation: Mutation): unknown {
  const around = path.slice(0, -1);
  const step = path.at(-1);
  const here = valueAt(value, path);
  switch (mutation.kind) {
    case 'value':
      return withValue(value, path, mutation.value);
    case 'number':
      return withValue(value, path, `${NUMBER}${mutation.text}`);
    case 'raw':
      return withValue(value, path, mutation.text);
    case 'slightly':
      return withValue(value, path, SLIGHTLY[mutation.change]!(here));
    case 'remove':
      return withValue(value, path, undefined);
    case 'beside':
      return withValue(value, [...(typeof step === 'string' ? around : path), mutation.name], 1);
    case 'rename':
      return typeof step === 'string'
        ? withValue(withValue(value, path, undefined), [...around, mutation.name], here)
        : value;
    case 'again':
      return typeof step === 'string' ? withValue(value, [...around, `${AGAIN}${step}`], here) : value;
  }
}

/** A parameter as it is written: its name and its text, each once or several times, encoded. */
export function mutateParameter(name: string, text: string, mutation: Mutation): [name: string, text: string][] {
  const encoded = encode(text);
  switch (mutation.kind) {
    case 'value':
      return [[name, encode(textOf(mutation.value))]];
    case 'number':
      return [[name, encode(mutation.text)]];
    case 'raw':
      return [[name, mutation.text]];
    case 'slightly':
      return [[name, encode(String(SLIGHTLY[mutation.change]!(text)))]];
    case 'remove':
      return [];
    case 'beside':
      return [
        [name, encoded],
        [encode(mutation.name), '1'],
      ];
    case 'rename':
      return [[encode(mutation.name), encoded]];
    case 'again':
      return [
        [name, encoded],
        [name, encoded],
      ];
  }
}

/** A header: what no header can hold is left out. */
export function mutateHeader(text: string, mutation: Mutation): string | undefined {
  if (mutation.kind === 'remove') return undefined;
  const found = mutateParameter('', text, mutation).map(([, value]) =>
    mutation.kind === 'raw' ? value : decodeURIComponent(value),
  );
  return found.join(', ').replaceAll(/[^\t\x20-\x7e]/g, '');
}

/** Bytes that are cut, flipped, doubled, or written for somebody else. */
export const BYTES: ((body: Buffer, place: number) => Buffer)[] = [
  (body, place) => body.subarray(0, place),
  (body, place) => Buffer.concat([body.subarray(0, place), Buffer.from([0xff]), body.subarray(place)]),
  (body, place) => Buffer.concat([body.subarray(0, place), Buffer.from([0]), body.subarray(place)]),
  (body, place) => Buffer.concat([body.subarray(0, place), Buffer.from([0xed, 0xa0, 0x80]), body.subarray(place)]),
  (body, place) => Buffer.concat([body.subarray(0, place), Buffer.from('\n'), body.subarray(place)]),
  (body, place) => Buffer.concat([body.subarray(0, place), Buffer.from('"'), body.subarray(place)]),
  (body, place) => Buffer.from(body.map((byte, n) => (n === place ? byte ^ 1 : byte))),
  (body) => Buffer.concat([body, body]),
  (body) => Buffer.concat([Buffer.from('\uFEFF'), body]),
  (body) => Buffer.from(body.toString(), 'utf16le'),
  (body) => Buffer.from(body.toString().replaceAll(',', ',\r\n')),
  () => Buffer.alloc(0),
];

export function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
