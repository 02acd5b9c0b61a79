// The works that `npm run bench` measures: what Demarche does, and the barest programs that could do the same.
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { request } from 'undici';
import type { NewEvent } from '../../src/domain/event.ts';
import { ACTORS, anyOf, ISSUES, statement } from '../statements.ts';
import { CALLERS, drive, JSON_TYPE, percentile, type Asked, type Served } from './load.ts';
import type { Stage } from './stage.ts';

export interface Work {
  name: string;
  title: string;
  /** What is measured: as many a second as possible, or as few milliseconds. */
  unit: 'events/s' | 'answers/s' | 'ms';
  measure(): Promise<number>;
  against: Bare[];
}

interface Bare {
  title: string;
  /** The ratio that Demarche wants to reach, or (of milliseconds) not to exceed. */
  wanted?: number;
  measure(): Promise<number>;
}

export interface Sizes {
  /** Requests of each measurement. */
  requests: number;
  /** Events of a bulk load. */
  bulk: number;
}

const CONNECTIONS = 32;
const READERS = 64;
const BATCH = 1_000;
const BATCHERS = 4;

const LINES_TYPE = { 'content-type': 'application/x-ndjson' };

export async function worksOn(stage: Stage, folder: string, { requests, bulk }: Sizes): Promise<Work[]> {
  const { demarche, bare } = stage;

  /** Records on the one or the other; what Demarche has recorded is worked into the read models before the next measurement. */
  const posting = async (url: string, clients: number, asked: Asked[], wanted = 201): Promise<Served> => {
    const served = await drive(url, clients, wanted, () => asked.pop());
    if (url === demarche.url) await stage.settle();
    return served;
  };
  const single = (path: string, count: number): Asked[] => times(count, () => post(path, JSON_TYPE, lines(1)));
  const batches = (path: string): Asked[] => times((2 * requests) / BATCH, () => post(path, LINES_TYPE, lines(BATCH)));
  const reading = async (url: string, next: () => Asked, wanted = 200) => {
    let left = requests;
    return (await drive(url, READERS, wanted, () => (left-- > 0 ? next() : undefined))).rate;
  };

  const questions = pairs().map(({ actor, issue }) => `/v1/positions/${actor}/${issue}`);
  const rows = await stage.bareRows(questions.length);
  const row = {
    title: 'one SELECT by primary key',
    measure: () => reading(bare.url, () => get(`/row/${anyOf(rows)}`)),
  };
  const standing = ISSUES.map((issue) => `/v1/issues/${issue}/positions?limit=50`);
  let day = 0;

  return [
    {
      name: 'append',
      title: `one event a POST, ${CALLERS} clients`,
      unit: 'events/s',
      measure: async () => (await posting(demarche.url, CALLERS, single('/v1/events', requests))).rate,
      against: [
        {
          title: `one INSERT a request, ${CONNECTIONS} clients`,
          wanted: 2,
          measure: async () => (await posting(bare.url, CONNECTIONS, single('/insert', requests))).rate,
        },
        {
          title: `grouped INSERTs, ${CALLERS} clients`,
          wanted: 0.7,
          measure: async () => (await posting(bare.url, CALLERS, single('/grouped', requests))).rate,
        },
      ],
    },
    {
      name: 'lone',
      title: 'one event a POST, one client: p50',
      unit: 'ms',
      measure: async () => percentile(await posting(demarche.url, 1, single('/v1/events', requests / 10)), 0.5),
      against: [
        {
          title: 'one INSERT a request',
          wanted: 1.3,
          measure: async () => percentile(await posting(bare.url, 1, single('/insert', requests / 10)), 0.5),
        },
      ],
    },
    {
      name: 'batch',
      title: `NDJSON of ${BATCH} events a POST, ${BATCHERS} clients`,
      unit: 'events/s',
      measure: async () => (await posting(demarche.url, BATCHERS, batches('/v1/events/batch'), 200)).rate * BATCH,
      against: [
        {
          title: 'one multi-row INSERT a request',
          wanted: 0.8,
          measure: async () => (await posting(bare.url, BATCHERS, batches('/batch'), 200)).rate * BATCH,
        },
      ],
    },
    {
      name: 'bulk',
      title: `NDJSON of ${bulk} events in one POST`,
      unit: 'events/s',
      async measure() {
        const rate = await bulkLoad(demarche.url, bulk);
        await stage.settle();
        return rate;
      },
      against: [{ title: 'COPY of the same rows', wanted: 0.4, measure: () => copyRate(stage.url, folder, bulk) }],
    },
    {
      name: 'position',
      title: `position of an actor on an issue, ${READERS} clients`,
      unit: 'answers/s',
      measure: () => reading(demarche.url, () => get(anyOf(questions))),
      against: [{ ...row, wanted: 0.8 }],
    },
    {
      name: 'unchanged',
      title: 'the same, on the condition that it has changed',
      unit: 'answers/s',
      async measure() {
        const known = await Promise.all(
          questions.map(async (path) => get(path, { 'if-none-match': (await stage.get(path)).etag })),
        );
        return reading(demarche.url, () => anyOf(known), 304);
      },
      against: [{ ...row, wanted: 3 }],
    },
    {
      name: 'first',
      title: 'the same, each asked for the first time',
      unit: 'answers/s',
      // A day that nobody has asked for before.
      measure: () => reading(demarche.url, () => get(`${anyOf(questions)}?at=${dayOf(day++)}`)),
      against: [row],
    },
    {
      name: 'standing',
      title: `who stands where on an issue, ${ACTORS.length} principals`,
      unit: 'answers/s',
      measure: () => reading(demarche.url, () => get(anyOf(standing))),
      against: [
        {
          title: 'the same bytes from one SELECT',
          wanted: 0.6,
          async measure() {
            const { text } = await stage.get(anyOf(standing));
            const key = await stage.bareAnswer(text);
            return reading(bare.url, () => get(`/answer/${key}`));
          },
        },
      ],
    },
  ];
}

function get(path: string, headers: Record<string, string> = {}): Asked {
  return { method: 'GET', path, headers };
}

function post(path: string, headers: Record<string, string>, body: string): Asked {
  return { method: 'POST', path, headers, body };
}

/** Events, one a line. */
function lines(count: number): string {
  return times(count, () => JSON.stringify(statement())).join('\n');
}

/** Each actor with each issue. */
function pairs(): { actor: string; issue: string }[] {
  return ACTORS.flatMap((actor) => ISSUES.map((issue) => ({ actor, issue })));
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: Math.ceil(count) }, make);
}

function dayOf(number: number): string {
  return new Date(Date.UTC(2025, 0, 1 + number)).toISOString().slice(0, 10);
}

async function bulkLoad(url: string, count: number): Promise<number> {
  const events: NewEvent[] = times(count, () => statement());
  const chunks = times(count / BATCH, () =>
    Buffer.from(
      events
        .splice(-BATCH)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    ),
  );
  const began = performance.now();
  const { body } = await request(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: LINES_TYPE,
    body: Readable.from(chunks),
  });
  const answer = await body.text();
  const seconds = (performance.now() - began) / 1000;
  const recorded = answer.split('"status":"recorded"').length - 1;
  if (recorded !== count) throw new Error(`${recorded} of ${count} events were recorded: ${answer.slice(0, 500)}`);
  return count / seconds;
}

/** The last rows of the log, from a file into a table like that of the log. */
async function copyRate(url: string, folder: string, count: number): Promise<number> {
  const client = new Client(url);
  await client.connect();
  try {
    const file = join(folder, 'rows');
    const last = `select * from log.event order by sequence desc limit ${count}`;
    await pipeline(client.query(copyTo(`copy (${last}) to stdout`)), createWriteStream(file));
    await client.query('create table copied (like log.event including all)');
    const began = performance.now();
    await pipeline(createReadStream(file), client.query(copyFrom('copy copied from stdin')));
    return count / ((performance.now() - began) / 1000);
  } finally {
    await client.query('drop table if exists copied');
    await client.end();
  }
}
