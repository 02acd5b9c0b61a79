// Who is let in where. Every route says in its `config` which role it needs, or that it is public; one that says nothing is
// refused when the application is built. Who asks is found out before anything else is done, also before an answer from memory.
import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { Access } from '../access/access.ts';
import { AccessRefused } from '../access/access-refused.ts';
import type { Caller } from '../access/caller.ts';
import { includes, type Role } from '../access/role.ts';
import type { App } from './api.ts';
import { requireOwnHost } from './own-host.ts';
import { refusals } from './responses.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The role that a request needs; `public` where anybody may ask. */
    role?: Role | 'public';
  }
  interface FastifyRequest {
    /** Who asks; null where the route is public. */
    caller: Caller | null;
  }
}

/** Where the pages of the documentation are, which are public. */
export const DOCS = '/docs';

type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Whatever is registered after this is kept by it. `limit` turns away who asks too often. */
export function controlAccess(app: App, access: Access, limit: Limit): void {
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => {
    const isDocs = route.url === DOCS || route.url.startsWith(`${DOCS}/`);
    const role = route.config?.role ?? (isDocs ? 'public' : undefined);
    if (!role) {
      const expected = "config: { role: 'reader' }, 'recorder', 'admin' or 'public'";
      throw new Error(`${String(route.method)} ${route.url} does not say which role it needs, expected ${expected}.`);
    }
    route.config = { ...route.config, role };
    if (route.schema && !route.schema.security) route.schema = described(route.schema, role);
  });
  app.addHook('onRequest', async (request, reply) => {
    if (access.isOpen) requireOwnHost(request);
    const role = request.is404 ? 'public' : request.routeOptions.config.role!;
    const found = role === 'public' ? null : await identified(access, request);
    if (!(found instanceof Error)) request.caller = found;
    // Also those who are not let in, or cannot be told, by their address.
    await limit(request, reply);
    if (found instanceof Error && !(found instanceof AccessRefused)) throw found;
    const refusal = found instanceof AccessRefused ? found : refusalOf(found, role);
    if (!refusal) return;
    const { method, url, ip: address, caller } = request;
    const path = url.split('?')[0];
    request.log.info({ code: refusal.code, method, path, address, caller: caller?.name }, refusal.message);
    throw refusal;
  });
  // A body may come long after its headers.
  app.addHook('preHandler', async ({ caller }) => {
    if (!caller || access.isStillIn(caller)) return;
    throw new AccessRefused(
      'unauthenticated',
      'What the request came with was revoked, or has expired, while it was sent.',
    );
  });
}

/** Who asks, or why that is not known. */
async function identified(access: Access, { headers }: FastifyRequest): Promise<Caller | Error> {
  try {
    return await access.callerOf(headers.authorization);
  } catch (error) {
    return error as Error;
  }
}

function refusalOf(caller: Caller | null, needed: Role | 'public'): AccessRefused | undefined {
  if (needed === 'public' || includes(caller!.role, needed)) return undefined;
  return new AccessRefused('forbidden', `This needs the role ${needed}, found ${caller!.role}.`);
}

/** The operation with what its role means for whoever asks. */
function described(schema: FastifySchema, role: Role | 'public'): FastifySchema {
  if (role === 'public') return { ...schema, security: [] };
  return {
    ...schema,
    description: `${schema.description} Needs the role \`${role}\`.`,
    security: [{ key: [role] }, { token: [role] }],
    response: { ...(schema.response as object), ...refusals() },
  };
}

/** Who asks, on a route that is not public. */
export function callerOf({ caller, routeOptions }: FastifyRequest): Caller {
  if (caller) return caller;
  throw new Error(`${routeOptions.url} is public, so nobody knows who asks.`);
}
