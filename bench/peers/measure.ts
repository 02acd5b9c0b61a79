// One measurement of `npm run bench:peers`: does one kind of work with one product, and tells what came of it.
import type { NewEvent } from '../../src/domain/event.ts';
import { rate } from './rate.ts';
import { statement } from '../statements.ts';
import { follow } from './follow.ts';
import type { MeasuredLog, Product } from './measured-log.ts';

const GROUP = 500;
const PAGE = 1_000;
const MANY = 128;
/** Calls before a rate is taken: the first ones open connections and run code that is not compiled yet. */
const WARM_UP = 1_000;

const products: Record<string, () => Promise<Product>> = {
  demarche: () => import('./demarche.ts'),
  emmett: () => import('./emmett.ts'),
  'message-db': () => import('./message-db.ts'),
  'message-db by issue': async () => {
    const { prepare, openByIssue } = await import('./message-db.ts');
    return { prepare, open: openByIssue };
  },
};

const work: Record<string, (log: MeasuredLog, size: number) => Promise<unknown>> = {
  one: (log, size) => appendEach(log, size, 1),
  many: (log, size) => appendEach(log, size, MANY),
  batches: appendBatches,
  replay,
  follow,
};

const [url, product, task, size] = process.argv.slice(2) as [string, string, string, string];
const { prepare, open } = await products[product]!();
console.log(JSON.stringify(await measure()));

async function measure(): Promise<unknown> {
  if (task === 'prepare') {
    await prepare(url);
    return null;
  }
  const log = await open(url);
  const measured = await work[task]!(log, Number(size));
  await log.close();
  return measured;
}

async function appendEach(log: MeasuredLog, count: number, callers: number): Promise<number> {
  const append = (event: NewEvent) => log.append(event);
  await rate(WARM_UP, MANY, append);
  return rate(count, callers, append);
}

async function appendBatches(log: MeasuredLog, count: number): Promise<number> {
  const batches = Array.from({ length: count / GROUP + 1 }, () => Array.from({ length: GROUP }, statement));
  await log.appendTogether(batches.pop()!);
  const started = performance.now();
  for (const batch of batches) await log.appendTogether(batch);
  return perSecond(count, started);
}

/** Reads the first so many events. */
async function replay(log: MeasuredLog, count: number): Promise<number> {
  await log.readAfter(0, PAGE);
  const started = performance.now();
  let read = 0;
  for (let position = 0; read < count;) {
    const page = await log.readAfter(position, Math.min(PAGE, count - read));
    if (page.length === 0) throw new Error(`Expected ${count} events, found ${read}.`);
    read += page.length;
    position = page.at(-1)!.position;
  }
  return perSecond(read, started);
}

function perSecond(count: number, started: number): number {
  return (count / (performance.now() - started)) * 1000;
}
