// What browsers are told of answers: to run nothing from them, to show them nowhere else, and on the documentation page to run
// only what is this server's own.
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';
import type { App } from './api.ts';

export function addSecurityHeaders(app: App): void {
  const headers = headersOf({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    // Whoever ends TLS before this server knows whether all of the host's names are to be asked over TLS alone.
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', async (_request, reply) => void reply.headers(headers));
}

/** Found out once: they are the same for every answer, and working them out anew doubled what an answer from memory costs. */
function headersOf(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => {},
  };
  helmet(options)({} as IncomingMessage, answer as unknown as ServerResponse, () => {});
  return headers;
}

/** The page of the documentation may run its own scripts, and the few that stand in it word by word. */
export function allowOwnScripts(app: App): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html') && typeof payload === 'string';
    if (isPage) void reply.header('content-security-policy', policyOf(payload));
    return payload;
  });
}

function policyOf(page: string): string {
  const inline = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script!);
  const hashes = inline.map((script) => `'sha256-${hash('sha256', script, 'base64')}'`);
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(' '),
    // Its script writes the styles into the page.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    // The document that it shows, and what is tried out on it.
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
