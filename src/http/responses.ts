// The responses of an operation, for its description.
import type { z } from 'zod';
import { PROBLEMS, problemSchema, type ProblemCode } from './problem.ts';

/** A successful response: what it holds, in words, and the headers that say more, by name. */
export function answer<T extends z.ZodType>(schema: T, description: string, headers: Record<string, string> = {}) {
  return { description, ...described(headers), content: { 'application/json': { schema } } };
}

/** The answer of a list, which links to its next page. */
export function pageAnswer<T extends z.ZodType>(schema: T, description: string) {
  return answer(schema, description, { Link: 'The next page, as `<…>; rel="next"` (RFC 8288); not on the last one.' });
}

/** What may become of any request. */
const ANYWHERE: ProblemCode[] = [
  'invalid_request',
  'rate_limited',
  'internal',
  'log_unavailable',
  'issuer_unavailable',
  'server_busy',
  'timed_out',
];

/** Of answers with these statuses, the headers that say more. */
const PROBLEM_HEADERS: Record<number, Record<string, string>> = {
  401: { 'WWW-Authenticate': 'How to say who asks (RFC 6750).' },
  429: { 'Retry-After': 'Seconds after which to try again.' },
  503: { 'Retry-After': 'Seconds after which to try again.' },
};

/** A response for each status that the given problems have; those any operation may answer with are always among them. */
export function problems(...codes: ProblemCode[]) {
  return responsesFor([...codes, ...ANYWHERE]);
}

/** What may become of a request that needs a role. */
export function refusals() {
  return responsesFor(['unauthenticated', 'forbidden']);
}

function responsesFor(codes: ProblemCode[]) {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code][0]);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join(' '),
        ...described(PROBLEM_HEADERS[status] ?? {}),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}

function described(headers: Record<string, string>) {
  const entries = Object.entries(headers).map(([name, description]) => [name, { description, type: 'string' }]);
  return entries.length > 0 ? { headers: Object.fromEntries(entries) as Record<string, object> } : {};
}
