// Whatever goes wrong, as a problem: what is the client's to know is said, and nothing internal leaks.
import { AccessRefused, IssuerUnavailable } from '../access/access-refused.ts';
import { NewerThanThisCode } from '../domain/upcast.ts';
import { TreeNotReady } from '../events/log-tree.ts';
import { isConnectionLoss, LogOverloaded, LogUnavailable } from '../events/log-unavailable.ts';
import { NoRunAnswers } from '../projections/answering-runs.ts';
import { RebuildConflict } from '../projections/rebuilder.ts';
import { fieldProblem, Problem, type ProblemCode } from './problem.ts';

/** Fastify's own codes that say what went wrong, and the problem each is. */
const KNOWN_ERRORS: Record<string, [ProblemCode, string]> = {
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not well-formed: found a percent sign that encodes nothing.'],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'payload_too_large',
    'One event may take 1 MB, a batch 16 MB. A stream of lines, application/x-ndjson, may be of any length.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as Content-Length says.'],
  FST_ERR_HANDLER_TIMEOUT: [
    'timed_out',
    'It did not arrive whole, or could not be answered, in the time there is for a request: a minute.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'Send an event as application/json, and a batch as that or as application/x-ndjson.',
  ],
};

export function problemForError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AccessRefused) return new Problem(error.code, error.message, { cause: error });
  if (error instanceof IssuerUnavailable) return new Problem('issuer_unavailable', error.message, { cause: error });
  if (error instanceof NewerThanThisCode) return new Problem('newer_than_this_code', error.message, { cause: error });
  if (error instanceof NoRunAnswers)
    return error.isPassing
      ? new Problem('not_built_yet', error.message)
      : fieldProblem('invalid_request', [{ parameter: 'projectionRun', expected: error.message.replace(/\.$/, '') }]);
  if (error instanceof TreeNotReady) return new Problem('not_built_yet', error.message);
  if (error instanceof RebuildConflict)
    return new Problem('rebuild_conflict', error.message, { rebuild: error.rebuild });
  if (error instanceof LogOverloaded) return new Problem('log_overloaded', error.message, { cause: error });
  if (error instanceof LogUnavailable || isConnectionLoss(error)) {
    const detail =
      'The database of the log cannot be reached at the moment. Send the same ids again: nothing is recorded twice.';
    return new Problem('log_unavailable', detail, { cause: error });
  }
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  const known = code === undefined ? undefined : KNOWN_ERRORS[code];
  if (known) return new Problem(...known, { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem('invalid_request', message!.replace(/\.*$/, '.'), { cause: error });
  return new Problem('internal', 'The server failed on this request. Its log says more, under the same requestId.', {
    cause: error,
  });
}
