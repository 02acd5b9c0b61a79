// Bodies are read as they arrive. What is packed would be taken for broken text, and unpacking it would let a small request
// fill the memory.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/** The headers that say how a body is packed (RFC 9110, 8.4, and RFC 9112, 6.1), each with what it may say. */
const PACKINGS = [
  { header: 'Content-Encoding', plain: 'identity' },
  { header: 'Transfer-Encoding', plain: 'chunked' },
] as const;

/** Throws a problem where a body comes packed. */
export async function requirePlainBody({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  for (const { header, plain } of PACKINGS) {
    const value = headers[header.toLowerCase()] as string | undefined;
    if (value === undefined || value.toLowerCase() === plain) continue;
    const found = JSON.stringify(value.slice(0, 40));
    void reply.header('accept-encoding', 'identity');
    throw new Problem(
      'unsupported_media_type',
      `Found a body that is packed: ${header} is ${found}. Send it as it is.`,
      {
        errors: [{ header, found, expected: plain }],
      },
    );
  }
}
