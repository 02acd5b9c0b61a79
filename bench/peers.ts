// `npm run bench:peers`: the log of Demarche beside two others that live in PostgreSQL, Emmett and Message DB: each on a database
// of its own on one durable server, each measurement in a process of its own, in alternation. Read the ratios. `-- 50000` sets how
// many events are loaded and replayed, `--rounds n` how often everything is measured. Nothing else needs the peers, so they are
// installed here, into bench/peers, the first time that they are wanted.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { textTable } from '../examples/text-table.ts';
import { connect } from '../src/database/connect.ts';
import { startBenchServer } from './bench-server.ts';
import { databaseNamed } from './database-named.ts';
import { measureApart } from './measure-apart.ts';
import { type Followed, WRITING_MS } from './peers/follow.ts';
import { progress } from './progress.ts';
import { spread } from './spread.ts';

const WIDTH = 120;
const PEERS = join(import.meta.dirname, 'peers');
const PRODUCTS = ['demarche', 'emmett', 'message-db'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, writers: { type: 'string', default: '4' } },
});
const size = Number(positionals[0] ?? 20_000);
const rounds = Number(values.rounds);
const writers = Number(values.writers);
if (!(size >= 1_000 && size % 500 === 0))
  throw new Error(`Expected a multiple of 500 from 1000 on, found ${positionals[0]}.`);

/** In this order: the log that is replayed is the one that was just loaded, and a follower has all of it to read. */
const WORK = [
  { task: 'batches', size, title: 'append 500 at once, one caller', products: PRODUCTS },
  { task: 'replay', size, title: `read ${size} events in pages of 1,000`, products: PRODUCTS },
  { task: 'one', size: 500, title: 'append one event a call, one caller', products: PRODUCTS },
  {
    task: 'many',
    size: 6_000,
    title: 'append one event a call, 128 callers',
    products: [...PRODUCTS, 'message-db by issue'],
  },
];

installPeers();
const server = await startBenchServer();
const rates = new Map<string, number[]>();
const followed = new Map(PRODUCTS.map((product): [string, Followed[]] => [product, []]));
try {
  for (let round = 0; round < rounds; round++) await measureRound(round);
  progress('');
  console.log(`${size} events of about 1 kB, ${rounds} rounds in alternation; medians (lowest to highest)\n`);
  showRates();
  showFollowed();
} finally {
  await server.stop();
}

/** Every round begins with empty databases, and with another product. */
async function measureRound(round: number): Promise<void> {
  const urls = new Map<string, string>();
  for (const product of PRODUCTS) {
    urls.set(product, await databaseNamed(server.url, product));
    await measure(urls.get(product)!, product, 'prepare', 0);
  }
  // Another way of writing with a product is named after it and shares its database.
  const urlOf = (product: string) => urls.get(product.split(' ')[0]!)!;
  for (const { task, size, products } of WORK) {
    for (const product of turned(products, round)) {
      progress(`round ${round + 1} of ${rounds}: ${task}, ${product}`);
      const found = await measure<number>(urlOf(product), product, task, size);
      rates.set(`${task} ${product}`, [...(rates.get(`${task} ${product}`) ?? []), found]);
      if (task === 'batches') await tidy(urlOf(product));
    }
  }
  for (const product of turned(PRODUCTS, round)) {
    progress(`round ${round + 1} of ${rounds}: follow, ${product}`);
    followed.get(product)!.push(await measure<Followed>(urlOf(product), product, 'follow', writers));
  }
  for (const product of PRODUCTS) await drop(product);
}

function measure<Measured>(url: string, product: string, task: string, size: number): Promise<Measured> {
  return measureApart<Measured>(join(PEERS, 'measure.ts'), [url, product, task, String(size)]);
}

/** As it would be once autovacuum has passed. */
async function tidy(url: string): Promise<void> {
  const db = connect(url, { max: 1 });
  await sql`vacuum analyze`.execute(db);
  await db.destroy();
}

async function drop(name: string): Promise<void> {
  const admin = connect(server.url, { max: 1 });
  await sql`drop database ${sql.id(name)}`.execute(admin);
  await admin.destroy();
}

/** Nobody is always measured first. */
function turned(names: string[], by: number): string[] {
  const first = by % names.length;
  return [...names.slice(first), ...names.slice(0, first)];
}

function showRates(): void {
  const rows = WORK.flatMap(({ task, title, products }) =>
    products.map((product, place) => {
      const own = rates.get(`${task} ${product}`)!;
      const ratios = own.map((rate, round) => rate / rates.get(`${task} demarche`)![round]!);
      return [
        place === 0 ? title : '',
        product,
        place === 0 ? '' : spread(ratios, (ratio) => ratio.toFixed(2)),
        spread(own, (rate) => rate.toFixed(0)),
      ];
    }),
  );
  console.log(textTable([['work', 'product', '× demarche', 'events a second'], ...rows], WIDTH));
}

function showFollowed(): void {
  const rows = [...followed].map(([product, own]) => {
    const sums = (['acknowledged', 'lost', 'doubled', 'outOfOrder'] as const).map((count) =>
      String(own.reduce((sum, found) => sum + found[count], 0)),
    );
    const behind = own.map(({ behind }) => behind);
    const seconds = own.map(({ behindMs }) => behindMs / 1000);
    const lag = [spread(behind, (events) => events.toFixed(0)), spread(seconds, (seconds) => seconds.toFixed(1))];
    return [product, ...sums, ...lag];
  });
  const header = ['follower', 'acknowledged', 'lost', 'doubled', 'out of order', 'behind at the end', 'seconds behind'];
  console.log(
    `\nA follower from the first event while ${writers} writers append for ${WRITING_MS / 1000} s; all rounds\n`,
  );
  console.log(textTable([header, ...rows], WIDTH));
}

function installPeers(): void {
  // npm writes this file last, so it is missing after an installation that was interrupted.
  if (existsSync(join(PEERS, 'node_modules/.package-lock.json'))) return;
  console.log('Installing the peers into bench/peers …');
  const request = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  const { status } = spawnSync('npm', request, {
    cwd: PEERS,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('The peers could not be installed: see what npm says, and try again.');
}
