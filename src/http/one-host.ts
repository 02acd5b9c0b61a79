// A request names the host it is meant for once (RFC 9112, 3.2). Of two names a proxy may go by one and a server by the other.
import type { FastifyRequest } from 'fastify';
import { fieldProblem } from './problem.ts';

/** Throws a problem where the Host header is missing, which only HTTP/1.0 allows, or there more than once. */
export async function requireOneHost({ raw }: FastifyRequest): Promise<void> {
  const count = raw.rawHeaders.filter((name, n) => n % 2 === 0 && name.toLowerCase() === 'host').length;
  if (count === 1 || (count === 0 && raw.httpVersion === '1.0')) return;
  throw fieldProblem('invalid_request', [
    { header: 'Host', found: count === 0 ? 'nothing' : `${count} of them`, expected: 'one' },
  ]);
}
