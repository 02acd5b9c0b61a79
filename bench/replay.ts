// `npm run bench:replay -- 1000000`: how fast read models are rebuilt from a generated log of so many events, beside the barest
// program that reads the same events page by page and parses their JSON: each in a process of its own, on one durable server, in
// alternation. Read the ratios. `--data folder` keeps the log for the next run; `--rounds n` sets how often each is measured.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { textTable } from '../examples/text-table.ts';
import { projections } from '../src/projections/every-projection.ts';
import { startBenchServer } from './bench-server.ts';
import { openGeneratedLog } from './generated-log.ts';
import { measureApart } from './measure-apart.ts';
import { progress } from './progress.ts';
import { spread } from './spread.ts';

const SEED = 1;
const WIDTH = 120;

/** What is measured: the bare reader, each projection alone, all together. */
const MEASURED = ['bare', ...projections.map(({ name }) => name), 'all'];

interface Measured {
  seconds: number;
  peakMegabytes: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, rounds: { type: 'string', default: '3' }, only: { type: 'string' } },
});
const size = Number(positionals[0] ?? 50_000);
const rounds = Number(values.rounds);
const chosen = MEASURED.filter((name) => name === 'bare' || !values.only || values.only.split(',').includes(name));

const server = await startBenchServer(values.data);
try {
  const { url, close } = await openGeneratedLog(server.url, SEED, size, (sequence) =>
    progress(`recording: ${sequence} of ${size}`),
  );
  await close();
  const found = new Map(chosen.map((name): [string, Measured[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, own] of found) {
      progress(`round ${round} of ${rounds}: ${name}`);
      own.push(await measure(url, name));
    }
  }
  progress('');
  show(found);
} finally {
  await server.stop();
}

/** With the settings of `npm run rebuild`. */
function measure(url: string, name: string): Promise<Measured> {
  const script = join(import.meta.dirname, 'replay/measure.ts');
  return measureApart(script, [url, name, String(size)], ['--max-semi-space-size=4', '--max-old-space-size=512']);
}

function show(found: Map<string, Measured[]>): void {
  const bare = found.get('bare')!;
  const rows = [...found].map(([name, own]) => {
    const rates = own.map(({ seconds }) => size / seconds);
    const ratios = own.map(({ seconds }, round) => bare[round]!.seconds / seconds);
    const peak = Math.max(...own.map(({ peakMegabytes }) => peakMegabytes));
    return [
      name === 'bare' ? 'bare keyset reader' : `rebuild ${name}`,
      spread(rates, (rate) => rate.toFixed(0)),
      name === 'bare' ? '' : spread(ratios, (ratio) => ratio.toFixed(2)),
      peak.toFixed(0),
    ];
  });
  console.log(`${size} events, ${rounds} rounds in alternation; medians (lowest to highest)\n`);
  console.log(textTable([['work', 'events a second', 'against bare', 'peak MB'], ...rows], WIDTH));
}
