// What can be asked, as the OpenAPI document says: the operations, and every place in their requests that can be changed.
import { eventTypes } from '../../src/domain/vocabulary.ts';
import type { Path } from './paths.ts';

export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  examples?: unknown[];
  default?: unknown;
  format?: string;
  minimum?: number;
  pattern?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

export interface Operation {
  operationId: string;
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

/** A place in a request. `variant` is the event type whose field it is, where the body is an event. */
export type Place =
  | { in: 'path' | 'query' | 'header'; name: string }
  | { in: 'body'; path: Path; schema: Schema; variant?: string }
  | { in: 'bytes' };

export interface Target {
  operation: Operation;
  place: Place;
}

/** Headers that a client may send with anything, beside those that an operation describes. */
const HEADERS = [
  'accept',
  'accept-encoding',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'if-match',
  'if-none-match',
  'origin',
  'range',
  'x-http-method-override',
];

export class Document {
  readonly operations: Operation[];
  readonly #components: Record<string, Schema>;

  constructor(document: { paths: Record<string, object>; components: { schemas: Record<string, Schema> } }) {
    this.#components = document.components.schemas;
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        parameters: [],
        ...operation,
        path,
        method: method.toUpperCase(),
      })),
    );
  }

  /** Every parameter, every field and every header of every operation; parameters several times, since they are few. */
  get targets(): Target[] {
    const seen = new Set<string>();
    return this.operations.flatMap((operation) => {
      const parameters = operation.parameters.map(({ name, in: place }): Place => ({ in: place, name }));
      const headers = HEADERS.map((name): Place => ({ in: 'header', name }));
      const body = this.#bodyPlaces(operation, seen);
      const bytes: Place[] = operation.requestBody ? Array.from({ length: 10 }, () => ({ in: 'bytes' })) : [];
      return [...parameters, ...parameters, ...parameters, ...headers, ...body, ...bytes].map((place) => ({
        operation,
        place,
      }));
    });
  }

  #bodyPlaces({ requestBody, operationId }: Operation, seen: Set<string>): Place[] {
    const schema = requestBody?.content['application/json']?.schema;
    if (!schema) return [];
    // A batch holds the events that are posted one by one as well.
    if (operationId === 'recordBatch') return [];
    if (operationId !== 'recordEvent') return this.#fieldsOf(schema, seen).map((field) => ({ in: 'body', ...field }));
    return eventTypes.flatMap(({ type }) =>
      this.#fieldsOf(this.#components[type]!, seen).map((field): Place => ({ in: 'body', variant: type, ...field })),
    );
  }

  /** The fields of a schema at any depth, the value itself among them; those of a component once. */
  #fieldsOf(schema: Schema, seen: Set<string>, path: Path = []): { path: Path; schema: Schema }[] {
    const here = { path, schema };
    if (schema.$ref !== undefined) {
      if (seen.has(schema.$ref)) return [here];
      seen.add(schema.$ref);
    }
    const { properties = {}, items, anyOf = [], oneOf = [] } = this.resolved(schema);
    const inside = [
      ...Object.entries(properties).map(([name, part]) => [name, part] as const),
      ...(items ? [[0, items] as const] : []),
    ].flatMap(([step, part]) => this.#fieldsOf(part, seen, [...path, step]));
    const options = [...anyOf, ...oneOf].flatMap((option) => this.#fieldsOf(option, seen, path).slice(1));
    return [here, ...inside, ...options];
  }

  resolved(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.#components[schema.$ref.split('/').at(-1)!]!;
  }

  /** Something of the schema, as good as can be told from it alone. */
  sampleOf(schema: Schema): unknown {
    const { const: only, enum: values, examples, default: usual, anyOf, oneOf, ...rest } = this.resolved(schema);
    for (const known of [only, examples?.[0], values?.[0], usual]) if (known !== undefined) return known;
    const option = anyOf?.[0] ?? oneOf?.[0];
    if (option) return this.sampleOf(option);
    if (rest.type === 'array') return rest.items ? [this.sampleOf(rest.items)] : [];
    if (rest.type === 'object')
      return Object.fromEntries(
        Object.entries(rest.properties ?? {}).map(([name, part]) => [name, this.sampleOf(part)]),
      );
    if (rest.type === 'integer' || rest.type === 'number') return Math.max(rest.minimum ?? 1, 0);
    if (rest.type === 'boolean') return true;
    return (
      { uuid: '0193302f-1c00-7000-8000-000000000001', uri: 'https://example.org/', date: '2024-11-15' }[rest.format!] ??
      'germany'
    );
  }
}
