// `npm run bench`: what Demarche does over HTTP, beside the barest programs that could do the same, on the same durable server, in
// alternation. Read the ratios: absolute rates are those of the machine. Names choose what is measured (`npm run bench -- append
// position`); `--rounds n`, `--requests n` and `--bulk n` set how often and how much. All of it takes ten minutes.
import { parseArgs } from 'node:util';
import { textTable } from '../examples/text-table.ts';
import { startBenchServer } from './bench-server.ts';
import { costOf, type CostOfRecording } from './http/cost.ts';
import { openStage } from './http/stage.ts';
import { worksOn, type Work } from './http/works.ts';
import { progress } from './progress.ts';
import { spread } from './spread.ts';
import { ACTORS, cast, ISSUES, statement } from './statements.ts';

const WIDTH = 190;
/** Statements there are before anything is measured: so many of each actor on each issue. */
const STATEMENTS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '20000' },
    bulk: { type: 'string', default: '30000' },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

const server = await startBenchServer();
try {
  const stage = await openStage(server);
  try {
    await stage.record(cast());
    await stage.record(
      ACTORS.flatMap((speaker) =>
        ISSUES.flatMap((issue) => Array.from({ length: STATEMENTS }, () => statement({ speaker, issue }))),
      ),
    );
    await stage.settle();
    const works = await worksOn(stage, server.folder, { requests, bulk: Number(values.bulk) });
    const isChosen = (name: string) => positionals.length === 0 || positionals.includes(name);
    const measured: Measured[] = [];
    for (const work of works.filter(({ name }) => isChosen(name))) measured.push(await measure(work));
    progress('');
    show(measured);
    if (isChosen('cost')) showCost(await costOf(stage, requests));
  } finally {
    await stage.close();
  }
} finally {
  await server.stop();
}

interface Measured {
  work: Work;
  ours: number[];
  /** By what it is measured against. */
  bare: number[][];
}

async function measure(work: Work): Promise<Measured> {
  const measured: Measured = { work, ours: [], bare: work.against.map(() => []) };
  progress(`${work.title}: warming up`);
  for (const one of [work, ...work.against]) await one.measure();
  for (let round = 1; round <= rounds; round++) {
    progress(`${work.title}: round ${round} of ${rounds}`);
    measured.ours.push(await work.measure());
    for (const [n, bare] of work.against.entries()) measured.bare[n]!.push(await bare.measure());
  }
  return measured;
}

function show(all: Measured[]): void {
  const rows = all.flatMap(({ work, ours, bare }) =>
    work.against.map(({ title, wanted }, n) => {
      const ratios = ours.map((value, round) => value / bare[n]![round]!);
      const shown = (value: number) => value.toFixed(work.unit === 'ms' ? 2 : 0);
      return [
        work.title,
        `${spread(ours, shown)} ${work.unit}`,
        title,
        spread(bare[n]!, shown),
        spread(ratios, (ratio) => ratio.toFixed(2)),
        wanted === undefined ? '' : `${work.unit === 'ms' ? 'at most' : 'at least'} ${wanted}`,
      ];
    }),
  );
  console.log(`${rounds} rounds in alternation, ${requests} requests each; medians (lowest to highest)\n`);
  console.log(textTable([['work', 'Demarche', 'against', 'that', 'ratio', 'wanted'], ...rows], WIDTH));
}

function showCost({ cpu, bytes, megabytes, pause }: CostOfRecording): void {
  const all = (numbers: number[]) => numbers.map((number) => number.toFixed(0));
  console.log('\nWhat recording costs, one event a POST:\n');
  console.log(
    textTable(
      [
        ['', 'server', 'database'],
        ['µs of a processor an event, until it is answered', ...all([cpu.server, cpu.database])],
        ['the same, until the read models reflect it', ...all([cpu.serverInAll, cpu.databaseInAll])],
        ['bytes on disk an event: log, read models', ...all([bytes.log, bytes.readModels])],
        ['MB held: idle, busy', ...all([megabytes.idle, megabytes.busy])],
        ['ms the event loop is held up: p99, longest', ...all([pause.p99, pause.longest])],
      ],
      WIDTH,
    ),
  );
}
