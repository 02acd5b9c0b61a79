// While there are neither access keys nor an issuer, being on the loopback is all the protection there is. A web page would get past
// it, by a name that is made to point at the loopback or from a page elsewhere: so a request must name the host as somebody on this
// machine does, and come from no page of another host.
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Throws a problem where the Host or the Origin header names another host; a request without them comes from no browser. */
export function requireOwnHost({ headers }: FastifyRequest): void {
  const { host, origin } = headers;
  if (host && !LOOPBACK.test(host)) refuse('host', host);
  if (origin && !LOOPBACK.test(origin.replace(/^https?:\/\//, ''))) refuse('origin', origin);
}

function refuse(what: string, name: string): never {
  const found = JSON.stringify(name.slice(0, 100));
  throw new Problem('misdirected_request', `The ${what} ${found} is not this one. Ask for localhost or 127.0.0.1.`);
}
