// What is to be said against an answer: that the server failed, hung, leaked, or left its client guessing what was wrong.
import { z } from 'zod';
import { pointerOf } from '../../src/domain/reference.ts';
import { PROBLEMS, problemSchema, type ProblemCode } from '../../src/http/problem.ts';
import type { Place } from './fuzz-document.ts';
import type { Request } from './fuzz-request.ts';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  milliseconds: number;
}

/** Longer than any answer takes, on a machine that does other things as well. */
const LONGEST_MS = 5_000;
/** A question waits so long for what its read model has not reached. */
const WAITING_MS = 5_000;
const WAITS = /[?&](?:minSequence|knownAt)=/;

/** What any address may answer, whatever its operation says: these are about the request as such. */
const OF_ANY_REQUEST = new Set([404, 405, 413, 415, 421, 431]);

/** Of two parameters that do not go together, either may be named; and a cursor is of one list. */
const TOGETHER: Record<string, string[]> = {
  from: ['to'],
  to: ['from'],
  a: ['b', 'cursor'],
  b: ['cursor'],
  actor: ['cursor'],
  issue: ['cursor'],
  id: ['cursor'],
  minSources: ['maxSources'],
  order: ['afterSequence', 'cursor'],
  afterSequence: ['order'],
  type: ['order'],
  knownAt: ['minSequence'],
  projectionRun: ['minSequence'],
};

/** The problems that name no field because none is at fault. */
const FIELDLESS = /^(?:The path is not well-formed|The body is not as long as|What arrived is not)/;

const INTERNAL = /node_modules|\.ts:\d|\.js:\d|syntax error at|violates|relation "|ECONN|Cannot read|is not a function/;

const problem = problemSchema.extend({
  detail: z.string().min(1).max(4_000),
  errors: z
    .array(
      z
        .object({ found: z.string().max(200).optional(), expected: z.string().min(1).max(3_000) })
        .and(
          z.union([
            z.strictObject({ pointer: z.string() }).loose(),
            z.strictObject({ parameter: z.string() }).loose(),
            z.strictObject({ header: z.string() }).loose(),
          ]),
        ),
    )
    .min(1)
    .max(20)
    .optional(),
});
const batch = z.object({
  results: z.array(
    z.strictObject({
      index: z.int(),
      status: z.enum(['recorded', 'duplicate', 'conflict', 'refused']),
      id: z.string().nullable(),
      sequence: z.int().nullable(),
      problem: z.unknown().optional(),
    }),
  ),
  sequence: z.int(),
});

/** What is wrong with the answer; undefined where nothing is. */
export function faultOf(request: Request, { status, headers, text, milliseconds }: Answer): string | undefined {
  const mayWait = WAITS.test(request.url);
  if (milliseconds > LONGEST_MS + (mayWait ? WAITING_MS : 0)) return `it took ${Math.round(milliseconds)} ms`;
  if (headers['set-cookie'] !== undefined || /[\r\n]/.test(JSON.stringify(headers))) return 'a header was injected';
  if (status === 304) return 'if-none-match' in request.headers ? undefined : 'it is not said what was not modified';
  if (status < 400) return faultOfSuccess(request, status, headers, text);
  if (headers['content-type'] !== 'application/problem+json; charset=utf-8') return `${status} without a problem`;
  const said = JSON.parse(text) as Problem;
  const isDescribed = OF_ANY_REQUEST.has(status) || String(status) in request.operation.responses;
  if (!isDescribed) return `${request.operation.operationId} does not describe ${status}`;
  if (said.status !== status) return `the status ${status} is that of no ${said.code}`;
  return faultOfProblem(request, said);
}

export interface Problem {
  status: number;
  code: ProblemCode;
  detail: string;
  errors?: { pointer?: string; parameter?: string; header?: string; found?: string }[];
  results?: { problem?: Problem }[];
}

function faultOfSuccess(
  { url, method, operation }: Request,
  status: number,
  headers: Record<string, unknown>,
  text: string,
): string | undefined {
  // The documentation, which an address without its last part may lead to.
  const type = String(headers['content-type']);
  if (type.startsWith('text/event-stream')) return undefined;
  if (status >= 300) return `neither success nor problem: ${status}`;
  if (!type.startsWith('application/json')) return `a success of type ${type}`;
  const answer: unknown = JSON.parse(text);
  if (!url.startsWith('/v1/events/batch') || method !== 'POST') return undefined;
  const parsed = batch.safeParse(answer);
  if (!parsed.success) return `${operation.operationId} answers otherwise than described: ${parsed.error.message}`;
  return undefined;
}

function faultOfProblem(request: Request, said: Problem): string | undefined {
  const { code, detail } = said;
  const [status] = PROBLEMS[code] ?? [];
  if (status !== said.status) return `the code ${code} has another status`;
  if (status >= 500 && !isExpectedFailure(request, code)) return `the server failed: ${code}`;
  const parsed = problem.safeParse(said);
  if (!parsed.success) return `no problem as described: ${parsed.error.message}`;
  if (INTERNAL.test(detail)) return 'the detail leaks what is internal';
  return undefined;
}

/** In the ordinary course of things a question is told to come back for what is yet to be applied, or built. */
function isExpectedFailure({ url }: Request, code: ProblemCode): boolean {
  if (code === 'not_yet_reflected') return WAITS.test(url);
  return code === 'not_built_yet' && /[?&]projectionRun=/.test(url);
}

/** What is wrong with whom a refusal blames: it names a field, and if nothing but one place was changed, that. */
export function faultOfBlame(changed: Place | undefined, { code, detail, errors }: Problem): string | undefined {
  if (code === 'not_found' && / is registered/.test(detail) && !errors?.[0]?.parameter) return 'names no parameter';
  if (code !== 'invalid_request' && code !== 'event_refused') return undefined;
  if (errors === undefined) return FIELDLESS.test(detail) ? undefined : `a ${code} that names no field`;
  if (changed === undefined || code === 'event_refused' || changed.in === 'bytes') return undefined;
  // By another type the same fields are other fields.
  if (changed.in === 'body' && changed.path.length <= 1) return undefined;
  const isNamed = errors.some(({ pointer, parameter, header, found }) => {
    // What was given another name, or stands beside it, is named as it is written.
    if (found !== undefined && /^(?:an unknown|a NUL|half of)/.test(found)) return true;
    if (changed.in === 'body') {
      const around = pointerOf(changed.path.slice(0, -1));
      const own = pointer?.replace(/^\/\d+/, '');
      return own !== undefined && (own.startsWith(around) || around.startsWith(own));
    }
    if (changed.in === 'header') return header?.toLowerCase() === changed.name || pointer === '';
    return parameter !== undefined && [changed.name, ...(TOGETHER[changed.name] ?? [])].includes(parameter);
  });
  return isNamed ? undefined : `names ${JSON.stringify(errors)} where ${JSON.stringify(changed)} was changed`;
}
