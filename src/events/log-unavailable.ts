// The database cannot be reached, or not now. Told apart by SQLSTATE and by the system's error codes; by text only where the driver gives neither.

/** The log could not be reached; nothing is known to have been recorded, and the same ids may be sent again. */
export class LogUnavailable extends Error {
  readonly code = 'log_unavailable';

  constructor(cause: unknown) {
    super('The database of the log cannot be reached at the moment.', { cause });
  }
}

/** More is waiting to be recorded than this process takes on. */
export class LogOverloaded extends Error {
  readonly code = 'log_overloaded';

  constructor(waiting: number) {
    super(`${waiting} events are waiting to be recorded already; try again shortly.`);
  }
}

const SQLSTATES = ['08', '25006', '53', '55P03', '57014', '57P0'];

const SYSTEM_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Whether an error means that the connection was lost or refused, so that the outcome of what was sent is unknown, or that
 * the server takes nothing now: SQLSTATE class 08 (connection), 25006 (it is a standby by now), class 53 (no room on the
 * disk, in memory, for connections), 55P03 and 57014 (a time limit of the server), 57P01 to 57P05 (shutting down, crashed,
 * starting), or an error of the socket.
 */
export function isConnectionLoss(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string') {
      if (SYSTEM_CODES.has(code) || SQLSTATES.some((beginning) => code.startsWith(beginning))) return true;
      continue;
    }
    // pg names neither: "Connection terminated unexpectedly", "timeout exceeded when trying to connect".
    if (/^Connection terminated|timeout exceeded when trying to connect|not queryable/.test(cause.message)) return true;
  }
  return false;
}
