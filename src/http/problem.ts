// Errors as clients see them: RFC 9457 problem documents with a stable code. Every status number of an error stands in one table here.
import { z } from 'zod';

/** Each code, its status, and what it means in one phrase. */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not of the expected form'],
  invalid_json: [400, 'The body is not JSON'],
  unauthenticated: [401, 'Nobody knows who asks'],
  forbidden: [403, 'Who asks may not do this'],
  not_found: [404, 'There is no such thing'],
  method_not_allowed: [405, 'There is nothing here that is done by this method'],
  request_timeout: [408, 'The request took too long to arrive'],
  rebuild_conflict: [409, 'Another rebuild, or its own state, is in the way'],
  id_reused: [409, 'The id belongs to another event'],
  version_conflict: [412, 'The stream is not in the expected version'],
  misdirected_request: [421, 'The request was meant for another host'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body is of a type that is not read here'],
  event_refused: [422, 'The event must not be recorded'],
  batch_refused: [422, 'The batch was not recorded'],
  not_recorded: [422, 'Another item of the atomic batch could not be recorded'],
  rate_limited: [429, 'Too many requests came from here'],
  headers_too_large: [431, 'The address and headers are too large'],
  internal: [500, 'Something went wrong on the server'],
  newer_than_this_code: [500, 'The log holds what a newer version wrote'],
  server_busy: [503, 'The server cannot keep up'],
  timed_out: [503, 'The request took too long'],
  issuer_unavailable: [503, 'The issuer of tokens cannot be reached'],
  log_unavailable: [503, 'The log cannot be reached'],
  log_overloaded: [503, 'Too much is waiting to be recorded'],
  not_built_yet: [503, 'What answers is still being built'],
  not_yet_reflected: [503, 'The answer does not reflect that sequence yet'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

const fieldError = z.object({
  pointer: z.string().optional().meta({ description: 'The field of the body, as a JSON Pointer (RFC 6901).' }),
  parameter: z.string().optional().meta({ description: 'The parameter of the path or query.' }),
  header: z.string().optional().meta({ description: 'The header.' }),
  found: z.string().optional(),
  expected: z.string(),
});

export type FieldError = z.infer<typeof fieldError>;

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    errors: z.array(fieldError).optional(),
  })
  .meta({
    id: 'Problem',
    description: 'What went wrong (RFC 9457). `code` is stable; `errors` points at the fields.',
    examples: [
      {
        type: 'urn:demarche:problem:event_refused',
        title: 'The event must not be recorded',
        status: 422,
        code: 'event_refused',
        detail:
          '/data/participants/1: found "vladimir-puttin", expected a registered actor; the nearest is "vladimir-putin".',
        errors: [
          {
            pointer: '/data/participants/1',
            found: '"vladimir-puttin"',
            expected: 'a registered actor; the nearest is "vladimir-putin"',
          },
        ],
      },
    ],
  });

export type ProblemDocument = z.infer<typeof problemSchema>;

/** Thrown by a route to answer with a problem. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;

  constructor(
    code: ProblemCode,
    detail: string,
    { errors = [], cause, ...extra }: { errors?: FieldError[]; cause?: unknown; [extra: string]: unknown } = {},
  ) {
    super(detail, { cause });
    this.code = code;
    this.errors = errors;
    this.extra = extra;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  toJSON(): ProblemDocument {
    const [status, title] = PROBLEMS[this.code];
    const errors = this.errors.length > 0 ? { errors: this.errors } : {};
    return {
      type: `urn:demarche:problem:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      ...errors,
      ...this.extra,
    };
  }
}

/** A problem about fields, its detail made of what is wrong with each. */
export function fieldProblem(code: ProblemCode, errors: FieldError[]): Problem {
  const shortened = errors.map(withShortName);
  return new Problem(code, shortened.map(sentence).join(' '), { errors: shortened });
}

/** A name that nobody gave a field here may be as long as the body that was sent. */
function withShortName({ pointer, parameter, ...error }: FieldError): FieldError {
  return {
    ...(pointer === undefined ? {} : { pointer: pointer.slice(0, 400) }),
    ...(parameter === undefined ? {} : { parameter: parameter.slice(0, 80) }),
    ...error,
  };
}

function sentence({ pointer, parameter, header, found, expected }: FieldError): string {
  const where =
    pointer !== undefined ? pointer || 'The body' : header ? `The header ${header}` : `The parameter ${parameter}`;
  return found === undefined ? `${where}: ${expected}.` : `${where}: found ${found}, expected ${expected}.`;
}
