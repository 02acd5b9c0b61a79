// A process that appends to a log on many connections at once, as badly behaved as a writer may be: it dawdles before it
// commits, with the lock of the log in its hands, and sometimes takes everything back. Writes down what was acknowledged.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { append, item } from './log-append.ts';
import { range } from './log-submissions.ts';

export interface Order {
  url: string;
  /** The numbers of the writers. Writer 3 records the events 30001, 30002 and so on. */
  writers: number[];
  appends: number;
}

/** An event that was acknowledged; the times are those of the machine's one monotonic clock, in microseconds. */
export interface Acknowledged {
  number: number;
  sequence: number;
  stream: string;
  version: number;
  sent: number;
  answered: number;
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2]!) as Order;
  const acknowledged = await Promise.all(order.writers.map((writer) => write(order, writer)));
  console.log(JSON.stringify(acknowledged.flat()));
}

async function write({ url, appends }: Order, writer: number): Promise<Acknowledged[]> {
  const random = pseudoRandom(writer);
  const connection = new Client({ connectionString: url });
  await connection.connect();
  const acknowledged: Acknowledged[] = [];
  let number = writer * 10_000;
  let known = 0;
  for (let turn = 0; turn < appends; turn++) {
    // Every other event goes to one of three streams that all writers share.
    const items = range(1, 1 + Math.floor(random() * 4)).map((place) =>
      item(++number, place % 2 ? {} : { stream: `shared-${Math.floor(random() * 3)}` }),
    );
    const sent = now();
    const dawdles = random() < 0.25;
    const takesBack = random() < 0.1;
    if (dawdles || takesBack) await connection.query('begin');
    const results = await append(connection, items, { known });
    if (dawdles) await pause(random() * 6);
    if (dawdles || takesBack) await connection.query(takesBack ? 'rollback' : 'commit');
    if (takesBack) continue;
    const answered = now();
    for (const { item: place, sequence, stream, version } of results)
      acknowledged.push({
        number: number - items.length + 1 + place,
        sequence: sequence!,
        stream,
        version,
        sent,
        answered,
      });
    known = results.at(-1)!.sequence!;
  }
  await connection.end();
  return acknowledged;
}

function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The same numbers between 0 and 1 for the same seed (mulberry32). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
