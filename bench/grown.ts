// `npm run bench:grown -- 10000 5000000`: whether recording, and asking for a position, are as quick on a log of five million events
// as on one of ten thousand. All in turn, beside bare INSERTs into a table of as many rows. What is recorded is added to both: the
// heading says from how many to how many events each log grew. Read the ratios. `--data folder`
// keeps the databases for the next run.
import { parseArgs } from 'node:util';
import { textTable } from '../examples/text-table.ts';
import { startBenchServer } from './bench-server.ts';
import { openGrownLog, type GrownLog } from './grown/grown-log.ts';
import { progress } from './progress.ts';
import { spread } from './spread.ts';

const WIDTH = 150;
const DEFAULT_SIZES = ['10000', '100000'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, rounds: { type: 'string', default: '7' } },
});
const sizes = (positionals.length > 0 ? positionals : DEFAULT_SIZES).map(Number);
const rounds = Number(values.rounds);

/** What is measured, and how often each time. */
const WORKS: { title: string; measure: (log: GrownLog) => Promise<number> }[] = [
  { title: 'events recorded a second, groups of 500', measure: (log) => log.recorded(4_000, 500) },
  { title: 'the same, 64 callers with one event each', measure: (log) => log.recorded(2_000, 1) },
  { title: 'bare: rows inserted a second, 500 a statement', measure: (log) => log.inserted(6_000, 500) },
  { title: 'positions answered a second, asked for the first time', measure: (log) => log.answered(500) },
];

const server = await startBenchServer(values.data);
const logs: GrownLog[] = [];
try {
  for (const size of sizes) logs.push(await openGrownLog(server.url, size, progress));
  const before = await Promise.all(logs.map((log) => log.head()));
  const measured = WORKS.map(() => logs.map((): number[] => []));
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const [work, { measure }] of WORKS.entries()) {
      for (const [place, log] of logs.entries()) {
        const rate = await measure(log);
        if (round > 0) measured[work]![place]!.push(rate);
      }
    }
  }
  progress('');
  const after = await Promise.all(logs.map((log) => log.head()));
  show(
    measured,
    before.map((sequence, place) => `${sequence} to ${after[place]} events`),
  );
} finally {
  for (const log of logs) await log.close();
  await server.stop();
}

function show(measured: number[][][], logs: string[]): void {
  const rows = WORKS.map(({ title }, work) => {
    const rates = measured[work]!;
    const ratios = rates[0]!.map((rate, round) => rate / rates.at(-1)![round]!);
    return [
      title,
      ...rates.map((all) => spread(all, (rate) => rate.toFixed(0))),
      spread(ratios, (ratio) => ratio.toFixed(2)),
    ];
  });
  console.log(`${rounds} rounds in alternation; medians (lowest to highest)\n`);
  console.log(textTable([['', ...logs, 'first : last'], ...rows], WIDTH));
}
