// Requests that are valid but for one to three things.
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { Document, Operation, Place, Target } from './fuzz-document.ts';
import {
  BYTES,
  encode,
  jsonOf,
  type Mutation,
  mutateHeader,
  mutateParameter,
  mutations,
  mutateValue,
} from './fuzz-mutations.ts';
import { type Path, pathsIn, valueAt, withValue } from './paths.ts';
import { type Event, EXAMPLES, storyAgain } from './stage.ts';

export interface Request {
  operation: Operation;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** What must be recorded before, so that what is posted is about something new. */
  before: Event[];
  changed: Place[];
}

/** What is drawn at random for one request; what it is about is not, so that everything has its turn. */
const plan = fc.record({
  mutations: fc.array(mutations, { minLength: 1, maxLength: 3 }),
  others: fc.tuple(fc.nat(), fc.nat()),
  /** Which of the optional parameters are there as well, as bits. */
  also: fc.option(fc.nat(), { freq: 2 }),
  isFresh: fc.boolean(),
  way: fc.constantFrom('single', 'single', 'array', 'lines', 'atomic'),
  bytes: fc.tuple(fc.nat(BYTES.length - 1), fc.nat()),
});

export function plans(count: number, seed: number): Plan[] {
  return fc.sample(plan, { numRuns: count, seed });
}

type Plan = ReturnType<typeof plan.generate>['value'];

/** By operation and parameter, or by parameter: a text that finds something on the stage. */
export type Words = Record<string, string>;

export class RequestMaker {
  readonly #document: Document;
  readonly #words: Words;

  constructor(document: Document, words: Words) {
    this.#document = document;
    this.#words = words;
  }

  /** A request with nothing wrong in it, and nothing that could be left out. */
  valid(operation: Operation, number: number): Request {
    const place: Place = { in: 'body', path: [], schema: {} };
    const way = operation.operationId === 'recordBatch' ? 'array' : 'single';
    const nothing: Plan = { mutations: [], others: [0, 0], also: null, isFresh: true, way, bytes: [0, 0] };
    return this.make({ operation, place }, nothing, number);
  }

  make({ operation, place }: Target, drawn: Plan, number: number): Request {
    const parts = this.#partsOf(operation, place, drawn, number);
    const changed: Place[] = [];
    for (const [n, mutation] of drawn.mutations.entries()) {
      const other = n === 0 ? place : parts.placeAt(drawn.others[n - 1]!);
      if (other.in === 'bytes') continue;
      parts.change(other, mutation);
      changed.push(other);
    }
    const request = parts.request(drawn.way);
    if (place.in !== 'bytes' || !request.body) return { ...request, changed };
    const [how, at] = drawn.bytes;
    return { ...request, body: BYTES[how]!(request.body, at % request.body.length), changed: [place, ...changed] };
  }

  #partsOf(operation: Operation, place: Place, { also, isFresh }: Plan, number: number): Parts {
    const targeted = 'name' in place ? place.name : undefined;
    const optional = operation.parameters.filter(
      ({ name, required, in: where }) => where === 'query' && !required && this.#standsAlone(operation, name),
    );
    const chosen = new Set(optional.filter((_, n) => also !== null && (also >> n) & 1).map(({ name }) => name));
    const parameters = operation.parameters
      .filter(({ name, required }) => required || name === targeted || chosen.has(name))
      .map(({ name, in: where, schema }) => ({ name, in: where, text: this.#wordFor(operation, name, schema) }));
    return new Parts(operation, parameters, this.#storyOf(operation, place, isFresh, number));
  }

  /** Of a list with one page there is no cursor, and events are asked for after a sequence in one of their two orders. */
  #standsAlone({ operationId }: Operation, name: string): boolean {
    return !['cursor', 'afterSequence'].includes(name) || `${operationId} ${name}` in this.#words;
  }

  #wordFor({ operationId }: Operation, name: string, schema: Parameters<Document['sampleOf']>[0]): string {
    const found = this.#words[`${operationId} ${name}`] ?? this.#words[name] ?? this.#document.sampleOf(schema);
    return Array.isArray(found) ? found.join(',') : String(found);
  }

  /** The bodies of a request, of which the last is changed: events that it is about come before it. */
  #storyOf(operation: Operation, place: Place, isFresh: boolean, number: number): unknown[] {
    if (!operation.requestBody) return [];
    const variant = place.in === 'body' ? place.variant : undefined;
    const isEvent = operation.operationId === 'recordEvent' || operation.operationId === 'recordBatch';
    const body = this.#words[`${operation.operationId} body`];
    if (!isEvent && body !== undefined) return [filled(JSON.parse(body), place, this.#document)];
    const example = EXAMPLES.find(({ type }) => type === (variant ?? 'CallHeld'))!;
    const story = isFresh ? storyAgain(example, number) : [example];
    return [...story.slice(0, -1), filled(story.at(-1), place, this.#document)];
  }
}

/** The value with something valid where the place is. */
function filled(value: unknown, place: Place, document: Document): unknown {
  if (place.in !== 'body' || valueAt(value, place.path) !== undefined) return value;
  return place.path.reduce((whole, _, n) => {
    const path: Path = place.path.slice(0, n + 1);
    if (valueAt(whole, path) !== undefined) return whole;
    const isLast = n === place.path.length - 1;
    const part = isLast ? document.sampleOf(place.schema) : typeof place.path[n + 1] === 'number' ? [null] : {};
    return withValue(whole, path, part);
  }, value);
}

/** The parts of a request while it is made. */
class Parts {
  readonly #operation: Operation;
  readonly #path = new Map<string, string>();
  readonly #query: [name: string, text: string][][] = [];
  readonly #headers: Record<string, string> = {};
  readonly #names: { in: 'path' | 'query' | 'header'; name: string; text: string }[];
  readonly #story: unknown[];

  constructor(
    operation: Operation,
    parameters: { in: 'path' | 'query' | 'header'; name: string; text: string }[],
    story: unknown[],
  ) {
    this.#operation = operation;
    this.#names = parameters;
    this.#story = story;
    for (const { in: where, name, text } of parameters) {
      if (where === 'path') this.#path.set(name, encode(text));
      else if (where === 'header') this.#headers[name] = text;
      else this.#query.push([[name, encode(text)]]);
    }
  }

  /** Some place of the request. */
  placeAt(n: number): Place {
    const fields = this.#story.length > 0 ? pathsIn(this.#story.at(-1)) : [];
    const places: Place[] = [
      ...this.#names.map(({ in: where, name }) => ({ in: where, name })),
      ...fields.map((path): Place => ({ in: 'body', path, schema: {} })),
    ];
    return places[n % places.length] ?? { in: 'header', name: 'accept' };
  }

  change(place: Place, mutation: Mutation): void {
    if (place.in === 'bytes') return;
    if (place.in === 'body') {
      if (this.#story.length > 0) this.#story.push(mutateValue(this.#story.pop(), place.path, mutation));
      return;
    }
    const text = this.#names.find(({ in: where, name }) => where === place.in && name === place.name)?.text ?? '1';
    if (place.in === 'path')
      this.#path.set(
        place.name,
        mutateParameter(place.name, text, mutation)
          .map(([, value]) => value)
          .join(),
      );
    else if (place.in === 'query') {
      const at = this.#query.findIndex((pairs) => pairs[0]?.[0] === place.name);
      const written = mutateParameter(place.name, text, mutation);
      if (at < 0) this.#query.push(written);
      else this.#query[at] = written;
    } else {
      const header = mutateHeader(text, mutation);
      if (header === undefined) delete this.#headers[place.name];
      else this.#headers[place.name] = header;
    }
  }

  request(way: Plan['way']): Omit<Request, 'changed'> {
    const { method, operationId, requestBody } = this.#operation;
    const path = this.#operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => this.#path.get(name)!);
    const query = this.#query
      .flat()
      .map(([name, text]) => `${name}=${text}`)
      .join('&');
    const url = `${path}${query && `?${query}`}`;
    const { operation, headers } = { operation: this.#operation, headers: this.#headers };
    if (!requestBody) return { operation, method, url, headers, before: [] };
    const isBatch = operationId === 'recordBatch' || (operationId === 'recordEvent' && way !== 'single');
    const lines = this.#story.map(jsonOf);
    const isLines = isBatch && way === 'lines';
    const text = isLines ? `${lines.join('\n')}\n` : isBatch ? `[${lines.join()}]` : lines.at(-1)!;
    return {
      operation,
      method,
      url: operationId === 'recordEvent' && isBatch ? `/v1/events/batch${way === 'atomic' ? '?atomic=true' : ''}` : url,
      headers: { 'content-type': `application/${isLines ? 'x-ndjson' : 'json'}`, ...headers },
      body: Buffer.from(text),
      before: isBatch ? [] : (this.#story.slice(0, -1) as Event[]),
    };
  }
}

/** The request as a command that sends it to a server on this machine. */
export function commandOf({ method, url, headers, body }: Request): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const given = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const curl = ['curl -sS --path-as-is -g', `-X ${method}`, quoted(`http://127.0.0.1:3000${url}`), ...given].join(' ');
  if (!body) return curl;
  const text = body.toString();
  if (/^[ -~\n]{0,2000}$/.test(text)) return `${curl} --data-binary ${quoted(text)}`;
  return `echo ${gzipSync(body).toString('base64')} | base64 -d | gunzip | ${curl} --data-binary @-`;
}
