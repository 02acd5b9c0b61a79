// The OpenAPI document says what the API does, with an example for everything, and its page needs nobody else's server.
import t from 'tap';
import { z } from 'zod';
import { eventTypes } from '../src/domain/vocabulary.ts';
import { PROBLEMS } from '../src/http/problem.ts';
import { startDemarche } from './support/demarche.ts';

const demarche = await startDemarche(t);
const { body: document } = await demarche.get('/openapi.json');

type Schema = { $ref?: string; examples?: unknown[]; [part: string]: any };
type Media = { schema: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
type Response = {
  description: string;
  headers?: Record<string, { description: string }>;
  content: Record<string, Media>;
};
interface Operation {
  name: string;
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { description: string; required: boolean; content: Record<string, Media> };
  responses: Record<string, Response>;
}

const operations: Operation[] = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
);

const components: Record<string, Schema> = document.components.schemas;
const definitions = JSON.parse(JSON.stringify(components).replaceAll('#/components/schemas/', '#/$defs/'));

/** Whether a value is of a schema of the document. */
function fits(schema: Schema, value: unknown): boolean {
  const own = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'));
  return z.fromJSONSchema({ ...own, $defs: definitions }).safeParse(value).success;
}

/** The examples of a schema: its own, else those of the schemas it names. */
function examplesOf(schema: Schema): unknown[] {
  if (schema.examples) return schema.examples;
  if (schema.$ref) return examplesOf(components[schema.$ref.slice('#/components/schemas/'.length)]!);
  return (schema['oneOf'] ?? []).flatMap(examplesOf);
}

function mediaExamples({ schema, example, examples }: Media): unknown[] {
  const own = [...(example === undefined ? [] : [example]), ...Object.values(examples ?? {}).map(({ value }) => value)];
  return own.length > 0 ? own : examplesOf(schema);
}

const successOf = ({ responses }: Operation) => Object.entries(responses).filter(([status]) => status.startsWith('2'));
const mediaOf = (operation: Operation) => [
  ...Object.values(operation.requestBody?.content ?? {}),
  ...successOf(operation).flatMap(([, { content }]) => Object.values(content)),
];

t.test('it is OpenAPI 3.1, and says everything about each operation', async (t) => {
  t.match(document.openapi, /^3\.1\./);
  t.match(document.info, { title: 'Demarche', version: String, description: String });
  const tags = document.tags.map((tag: { name: string }) => tag.name);
  t.ok(operations.length >= 16);
  t.equal(
    new Set(operations.map(({ operationId }) => operationId)).size,
    operations.length,
    'each has an id of its own',
  );
  for (const operation of operations) {
    const { name, operationId, summary, description } = operation;
    t.match(operationId, /^[a-z]+[A-Za-z]+$/, name);
    t.match(summary, /^[A-Z].{3,60}$/, name);
    t.match(description, /^[A-Z].{15,}\.$/s, name);
    t.same(
      operation.tags.filter((tag) => !tags.includes(tag)),
      [],
      `${name}: its tag is described`,
    );
    t.equal(operation.tags.length, 1, name);
    for (const parameter of operation.parameters ?? [])
      t.ok(parameter.description ?? parameter.schema['description'], `${name}: ${parameter.name} is described`);
    for (const [status, response] of Object.entries(operation.responses)) {
      t.match(response.description, /^[A-Z`].*\.$/, `${name} ${status}`);
      t.not(response.description, 'Default Response', `${name} ${status}`);
      for (const [header, { description }] of Object.entries(response.headers ?? {}))
        t.ok(description, `${name}: ${header}`);
    }
  }
});

t.test('every route is documented but those of the documentation', async (t) => {
  const routed = routesIn(demarche.app.printRoutes({ commonPrefix: false }));
  const own = routed.filter((route) => !/^HEAD |\/docs|\/openapi.json$/.test(route));
  t.same(own.toSorted(), operations.map(({ name }) => name).toSorted());
});

t.test('every operation has an example, and every example is of its schema', async (t) => {
  for (const operation of operations) {
    const media = mediaOf(operation);
    t.ok(
      media.some((each) => mediaExamples(each).length > 0),
      `${operation.name} has an example`,
    );
    for (const each of media) {
      for (const example of mediaExamples(each))
        t.ok(fits(each.schema, example), `${operation.name}: ${JSON.stringify(example)}`);
    }
    for (const { name, schema } of operation.parameters ?? []) {
      for (const example of schema.examples ?? []) t.ok(fits(schema, example), `${operation.name}: ${name}`);
    }
  }
  for (const [name, component] of Object.entries(components)) {
    for (const example of component.examples ?? []) t.ok(fits(component, example), name);
  }
  t.notOk(fits(components['NewEvent']!, { type: 'CallHeld', occurred: '2024' }), 'not everything fits a schema');
  t.notOk(fits(components['Problem']!, { ...(components['Problem']!.examples![0] as object), code: 'x' }));
});

t.test('every event type is one of NewEvent, told by its type, with an example', async (t) => {
  const types = eventTypes.map(({ type }) => type);
  const reference = (type: string) => `#/components/schemas/${type}`;
  const { oneOf, discriminator } = components['NewEvent']!;
  t.same(
    oneOf,
    types.map((type) => ({ $ref: reference(type) })),
  );
  t.same(discriminator, {
    propertyName: 'type',
    mapping: Object.fromEntries(types.map((type) => [type, reference(type)])),
  });
  for (const { type, example, summary } of eventTypes) {
    t.match(components[type], {
      description: summary,
      properties: { type: { const: type }, data: { $ref: reference(`${type}Data`) } },
      additionalProperties: false,
    });
    t.same(components[type]!.examples, [JSON.parse(JSON.stringify({ type, ...example }))]);
  }
  for (const name of ['POST /v1/events', 'POST /v1/events/batch']) {
    const { requestBody } = operations.find((operation) => operation.name === name)!;
    t.match(JSON.stringify(requestBody!.content['application/json']), reference('NewEvent'), name);
    t.equal(requestBody!.required, true);
  }
});

t.test('every operation says with which problems it may answer', async (t) => {
  for (const { name, responses } of operations) {
    const problems = Object.entries(responses).filter(([status]) => Number(status) >= 400);
    const statuses = problems.map(([status]) => Number(status));
    for (const status of [400, 500, 503]) t.ok(statuses.includes(status), `${name}: ${status}`);
    if (name.includes('{')) t.ok(statuses.includes(404), `${name}: 404`);
    for (const [status, { description, content }] of problems) {
      t.same(
        content,
        { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        `${name} ${status}`,
      );
      const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code as keyof typeof PROBLEMS);
      t.ok(codes.length > 0, `${name} ${status} names its codes`);
      for (const code of codes) t.equal(String(PROBLEMS[code]?.[0]), status, `${name}: ${code}`);
    }
  }
  const codes = components['Problem']!['properties'].code.enum;
  t.same(codes, Object.keys(PROBLEMS));
});

t.test('a component is described once, and what a format says is not said twice', async (t) => {
  const names = Object.keys(components);
  t.same(
    names.filter((name) => /(?:Input|Output)\d*$|\d$/.test(name)),
    [],
    'no schema has a twin for the other direction',
  );
  const used = JSON.stringify(document);
  t.same(
    names.filter((name) => !used.includes(`"#/components/schemas/${name}"`)),
    [],
    'none is left over',
  );
  const schemas: Schema[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && typeof value.type === 'string') schemas.push(value);
    for (const part of Object.values(value)) collect(part);
  };
  collect(document);
  t.ok(schemas.some((schema) => schema['format'] === 'uuid') && schemas.some((schema) => schema['pattern']));
  t.same(
    schemas.filter((schema) => schema['format'] && schema['pattern']),
    [],
  );
  t.same(
    schemas.filter((schema) => (schema['pattern']?.length ?? 0) > 60),
    [],
    'no pattern is too long to read',
  );
});

t.test('a parameter that is a list says what its items are', async (t) => {
  const { parameters } = operations.find(({ name }) => name === 'GET /v1/events')!;
  const schemaOf = (name: string) => parameters!.find((parameter) => parameter.name === name)!.schema;
  t.same(schemaOf('type')['items'], { type: 'string', enum: eventTypes.map(({ type }) => type) });
  for (const name of ['actor', 'issue'])
    t.match(schemaOf(name), { type: 'array', items: { type: 'string', pattern: String }, description: /with commas/ });
  t.match(schemaOf('limit'), { type: 'integer', minimum: 1, maximum: 1000, default: 100 });
  t.match(schemaOf('minSequence'), { type: 'integer', minimum: 0 });
});

t.test('a parameter that a question cannot do without is required', async (t) => {
  const isStream = ({ responses }: Operation) => 'text/event-stream' in (responses['200']?.content ?? {});
  for (const operation of operations) {
    const { name, parameters = [] } = operation;
    if (!name.startsWith('GET ') || isStream(operation)) continue;
    for (const parameter of parameters) {
      if (parameter.in !== 'query') continue;
      const url = `${name.slice(4).replaceAll(/\{\w+\}/g, '1')}?`;
      const others = parameters.filter((other) => other !== parameter && other.required);
      const query = others.map((other) => `${other.name}=1`).join('&');
      const { body } = await demarche.get(url + query);
      const isMissed = body.errors?.some(
        (error: Record<string, string>) => error['parameter'] === parameter.name && error['found'] === 'nothing',
      );
      t.equal(Boolean(isMissed), Boolean(parameter.required), `${name}: ${parameter.name}`);
    }
  }
});

t.test('the page with the documentation is served whole by this server', async (t) => {
  const page = await demarche.app.inject('/docs/');
  t.equal(page.statusCode, 200);
  t.match(page.headers['content-type'], /^text\/html/);
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
  const configured = JSON.parse(/createApiReference\('#app', (\{[^]*?\})\)/.exec(page.body)![1]!);
  t.ok(loaded.length > 0);
  for (const path of [...loaded, configured.url]) {
    const url = new URL(path, 'http://this.server/docs/');
    t.equal(url.host, 'this.server', `${path} is on this server`);
    t.equal((await demarche.app.inject(url.pathname)).statusCode, 200, `${path} answers`);
  }
  t.notMatch(page.body, /https?:\/\//, 'the page names no other server');
  t.match(
    configured,
    {
      telemetry: false,
      withDefaultFonts: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
    },
    'nor does it bring anything that would ask one',
  );
  const moved = await demarche.app.inject('/docs');
  t.match(moved, { statusCode: 301, headers: { location: '/docs/' } });
});

/** The routes of Fastify's printed tree, in which a route holds those whose paths go on from its own. */
function routesIn(tree: string): string[] {
  const path: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, segment, methods] = /^((?:│ {3}| {4})*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line) ?? [];
    if (indent === undefined) return [];
    path.splice(indent.length / 4, Infinity, segment!);
    const documented = path.join('').replaceAll(/:(\w+)/g, '{$1}');
    return (methods?.split(', ') ?? []).map((method) => `${method} ${documented}`);
  });
}
