// One measurement of `npm run bench:replay`: reads the log barely, or rebuilds read models from it, and tells the seconds it took
// and the most memory it held.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { connect, openPool } from '../../src/database/connect.ts';
import type { LogDatabase } from '../../src/events/log-database.ts';
import { projections } from '../../src/projections/every-projection.ts';
import { Rebuilder } from '../../src/projections/rebuilder.ts';
import { keepLead } from '../../src/projections/runs.ts';

const RENEW_MS = 1_000;

const [url, name, until] = process.argv.slice(2) as [string, string, string];
const db = connect<LogDatabase>(url, { max: 6 });
const seconds = name === 'bare' ? await readBare() : await rebuild();
await db.destroy();
console.log(JSON.stringify({ seconds, peakMegabytes: process.resourceUsage().maxRSS / 1000 }));

async function readBare(): Promise<number> {
  const started = performance.now();
  for (let last = 0; last < Number(until);) {
    const { rows } = await sql<{ sequence: number }>`
      select * from log.event where sequence > ${last} order by sequence limit 1000`.execute(db);
    last = rows.at(-1)!.sequence;
  }
  return (performance.now() - started) / 1000;
}

/** From the request to tables that are ready to be asked, indexes and all; there is nothing live to compare them with. */
async function rebuild(): Promise<number> {
  const pool = openPool(url, { max: 4 });
  const worker = { log: { db, schema: 'log' }, node: randomUUID() };
  const logger = { info() {}, warn: console.warn, error: console.error };
  const rebuilds = new Rebuilder({ worker, pool, projections, logger, onSwitched() {} });
  const renewal = setInterval(() => {
    keepLead(worker.log, worker.node, rebuilds.led).catch((error: Error) => console.error(error.message));
  }, RENEW_MS);
  // What a measurement that was interrupted has left in a kept log.
  const { rows } = await sql<{ id: number }>`select id from log.rebuild where state in ('running', 'scratch')`.execute(
    db,
  );
  for (const { id } of rows) await rebuilds.cancel(id);
  const started = performance.now();
  const { id } = await rebuilds.start({
    projections: projections.filter((projection) => name === 'all' || projection.name === name),
    until: Number(until),
  });
  const finished = await rebuilds.finished(id);
  const took = (performance.now() - started) / 1000;
  if (finished?.state !== 'scratch') throw new Error(`The rebuild is ${finished?.state}: ${finished?.error}`);
  await rebuilds.cancel(id);
  clearInterval(renewal);
  await pool.end();
  return took;
}
