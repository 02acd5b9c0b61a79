// The log of a process: JSON lines on standard error, in which no key or token stands, whoever writes headers into it.
import { pino, type DestinationStream, type Logger } from 'pino';

/** Where a request, its headers or an error that holds them may stand in what is logged. */
const SECRETS = ['', '*.', '*.*.', '*.*.*.'].flatMap((way) => [`${way}authorization`, `${way}Authorization`]);

export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino({ level, redact: SECRETS }, destination);
}
