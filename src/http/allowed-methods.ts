// Which methods an address takes. Asked by a method that it does not take, it is there all the same, and says what it takes.
import type { FastifyInstance } from 'fastify';

export class AllowedMethods {
  readonly #routes: { parts: string[]; methods: string[] }[] = [];

  /** Learns the routes that are added from here on. */
  constructor(app: Pick<FastifyInstance, 'addHook'>) {
    app.addHook(
      'onRoute',
      ({ url, method }) => void this.#routes.push({ parts: url.split('/'), methods: [method].flat() }),
    );
  }

  /** The methods of an address, by name; none where there is no such address. */
  of(url: string): string[] {
    const path = url.split('?')[0]!.split('/');
    const found = this.#routes.filter(({ parts }) => isAt(parts, path)).flatMap(({ methods }) => methods);
    return [...new Set(found)].toSorted();
  }
}

function isAt(parts: string[], path: string[]): boolean {
  return (
    parts.length === path.length && parts.every((part, n) => part === path[n] || (part.startsWith(':') && path[n]))
  );
}
