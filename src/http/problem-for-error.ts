// Whatever goes wrong, as a problem: what is the client's to know is said, and nothing internal leaks.
import { NewerThanThisCode } from '../domain/upcast.ts';
import { isConnectionLoss, LogOverloaded, LogUnavailable } from '../events/log-unavailable.ts';
import { Problem, type ProblemCode } from './problem.ts';

/** Fastify's own codes that are the client's doing, and the problem each is. */
const CLIENT_ERRORS: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
};

export function problemForError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NewerThanThisCode) return new Problem('newer_than_this_code', error.message, { cause: error });
  if (error instanceof LogOverloaded) return new Problem('log_overloaded', error.message, { cause: error });
  if (error instanceof LogUnavailable || isConnectionLoss(error)) {
    const detail =
      'The database of the log cannot be reached at the moment. Send the same ids again: nothing is recorded twice.';
    return new Problem('log_unavailable', detail, { cause: error });
  }
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  const known = code === undefined ? undefined : CLIENT_ERRORS[code];
  if (known) return new Problem(known, `${message}.`.replace('..', '.'), { cause: error });
  if (error instanceof SyntaxError && statusCode === 400)
    return new Problem('invalid_json', `The body is not JSON: ${message}.`, { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem('invalid_request', `${message}.`, { cause: error });
  return new Problem(
    'internal',
    'The server failed on this request. The failure is in its log under the request’s id.',
    { cause: error },
  );
}
