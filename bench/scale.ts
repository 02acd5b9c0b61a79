// `npm run bench:scale -- 10000 1000000`: how much slower each endpoint answers from a log of a million events than from one of
// ten thousand. Both are generated, of the same years and as uneven; every question is asked of all in turn, so that whatever
// else the machine does slows all alike. Read the ratios. `--data folder` keeps the databases for the next run.
import { parseArgs } from 'node:util';
import { textTable } from '../examples/text-table.ts';
import { startBenchServer } from './bench-server.ts';
import { generateEvents } from './generate-events.ts';
import { ARCHIVE } from './generate/calendar.ts';
import { drawQuestions, type Asked } from './scale/questions.ts';
import { openSizedLog, type Answered, type SizedLog } from './scale/sized-log.ts';

const SEED = 1;
const SMALLEST = 2_000;
const DEFAULT_SIZES = ['5000', '20000'];
const WARM_UP = 5;

let told = -Infinity;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, questions: { type: 'string', default: '200' } },
});
const sizes = (positionals.length > 0 ? positionals : DEFAULT_SIZES).map(Number);
if (!sizes.every((size) => Number.isInteger(size) && size >= SMALLEST))
  throw new Error(`Expected sizes from ${SMALLEST} on, such as 10000 1000000, found ${positionals.join(' ')}.`);

const server = await startBenchServer(values.data);
const logs: SizedLog[] = [];
try {
  for (const size of sizes) logs.push(await openSizedLog(server.url, SEED, size, progress));
  showRates();
  const count = Math.floor(Math.min(...sizes) / ARCHIVE) * ARCHIVE;
  const asked = drawQuestions(Number(values.questions), [...generateEvents({ seed: SEED, count })]);
  showTimes(asked, await measure(asked));
} finally {
  for (const log of logs) await log.close();
  await server.stop();
}

/** What came of each question, by question and log. */
async function measure(asked: Asked[]): Promise<Answered[][][]> {
  const answers = asked.map(() => logs.map((): Answered[] => []));
  const rounds = asked[0]!.paths.length;
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [question, { paths }] of asked.entries()) {
      for (const [place, log] of logs.entries()) {
        const answered = await log.ask(paths.at(round % rounds)!);
        if (round >= 0) answers[question]![place]!.push(answered);
      }
    }
    progress(`Asked ${round + 1} of ${rounds} times`);
  }
  return answers;
}

function showRates(): void {
  const rates = logs.map(({ rate }) => (Number.isNaN(rate) ? 'there' : rate.toFixed(0)));
  const rows = [
    ['', ...logs.map(({ size }) => `${size}`)],
    ['events recorded a second', ...rates],
  ];
  console.log(`\n${textTable(rows, 120)}\n`);
}

function showTimes(asked: Asked[], answers: Answered[][][]): void {
  const header = ['ms', ...logs.flatMap(({ size }) => [`${size} p50`, 'p95', 'kB']), 'p50, last : first'];
  const rows = asked.map(({ name }, question) => {
    const medians = answers[question]!.map((all) =>
      percentile(
        all.map(({ ms }) => ms),
        50,
      ),
    );
    const shown = answers[question]!.flatMap((all, place) => [
      medians[place]!.toFixed(2),
      percentile(
        all.map(({ ms }) => ms),
        95,
      ).toFixed(2),
      percentile(
        all.map(({ bytes }) => bytes / 1000),
        50,
      ).toFixed(1),
    ]);
    return [name, ...shown, (medians.at(-1)! / medians[0]!).toFixed(2)];
  });
  console.log(`\n${textTable([header, ...rows], 120)}`);
}

function percentile(values: number[], percent: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(((values.length - 1) * percent) / 100)]!;
}

/** On a terminal the line stays in its place; elsewhere there is one every ten seconds. */
function progress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${line}\x1b[K`);
  else if (performance.now() > told + 10_000) {
    told = performance.now();
    console.log(line);
  }
}
