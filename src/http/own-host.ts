// While there are neither access keys nor an issuer, being on the loopback is all the protection there is. A web page whose name is made to point at
// the loopback would get past it, so a request must name the host as somebody on this machine does.
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Throws a problem where the Host header names another host; a request without one comes from no browser. */
export function requireOwnHost({ headers }: FastifyRequest): void {
  const { host } = headers;
  if (host === undefined || host === '' || LOOPBACK.test(host)) return;
  const found = JSON.stringify(host.slice(0, 100));
  throw new Problem('misdirected_request', `The host ${found} is not this one. Ask for localhost or 127.0.0.1.`);
}
