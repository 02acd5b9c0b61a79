// The barest Fastify for each kind of work: validates nothing, keeps no order, promises nothing. What the ratios are against.
import fastify from 'fastify';
import { Pool } from 'pg';

/** As many as insert side by side. */
const CONNECTIONS = 32;

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: CONNECTIONS });
const app = fastify({ bodyLimit: 64 * 1_048_576 });

interface BareEvent {
  id: string;
  type: string;
}

const insert = (id: string, type: string, body: string) =>
  pool.query({
    name: 'insert',
    text: 'insert into bare (id, type, body) values ($1, $2, $3)',
    values: [id, type, body],
  });

/** One INSERT of many rows; their JSON is passed on as it came. */
const insertAll = (rows: [event: BareEvent, body: string][]) =>
  pool.query({
    name: 'insertAll',
    text: 'insert into bare (id, type, body) select * from unnest($1::uuid[], $2::text[], $3::jsonb[])',
    values: [rows.map(([{ id }]) => id), rows.map(([{ type }]) => type), rows.map(([, body]) => body)],
  });

app.post<{ Body: BareEvent }>('/insert', async ({ body }, reply) => {
  await insert(body.id, body.type, JSON.stringify(body));
  return reply.code(201).send({ id: body.id });
});

/** What waits goes to the database together as soon as the one before is there. */
let waiting: { body: BareEvent; done: () => void; failed: (error: unknown) => void }[] = [];
let isWriting = false;

async function write(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    try {
      await insertAll(group.map(({ body }) => [body, JSON.stringify(body)]));
      for (const { done } of group) done();
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }
  isWriting = false;
}

app.post<{ Body: BareEvent }>('/grouped', async ({ body }, reply) => {
  const written = new Promise<void>((done, failed) => waiting.push({ body, done, failed }));
  void write();
  await written;
  return reply.code(201).send({ id: body.id });
});

app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.post<{ Body: string }>('/batch', async ({ body }) => {
  await insertAll(body.split('\n').map((line) => [JSON.parse(line) as BareEvent, line]));
  return { done: true };
});

app.get<{ Params: { key: string } }>('/row/:key', async ({ params }) => {
  const { rows } = await pool.query({ name: 'row', text: 'select * from bare where id = $1', values: [params.key] });
  return rows[0];
});

/** The bytes of an answer as they were put there. */
app.get<{ Params: { key: string } }>('/answer/:key', async ({ params }, reply) => {
  const { rows } = await pool.query({
    name: 'answer',
    text: 'select body from answer where key = $1',
    values: [params.key],
  });
  return reply.type('application/json').send(rows[0]!.body);
});

console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
