// `npm run faults [-- name …] [--times n] [--posts n]`: everything that can go wrong around Demarche is made to go wrong while events
// are posted, and the log is then compared with what was acknowledged. Ends with 1 where anything is lost, doubled or else wrong.
import { parseArgs } from 'node:util';
import { randomBytes } from 'node:crypto';
import { databaseNamed } from '../bench/database-named.ts';
import { textTable } from '../examples/text-table.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { nearest } from '../src/events/nearest.ts';
import { apiKilled } from './api-killed.ts';
import { databaseKilled, databaseKilledElsewhere } from './database-killed.ts';
import { badClients } from './bad-clients.ts';
import { clockSetBack } from './clock-set-back.ts';
import { restored } from './restored.ts';
import { stoppedUnderLoad } from './stopped.ts';
import { commitUnknown } from './commit-unknown.ts';
import { diskFull } from './disk-full.ts';
import { outOfConnections } from './out-of-connections.ts';
import { databaseStalled, poolExhausted } from './stalled.ts';
import { scratchFolder, type Stage } from './stage.ts';
import type { Fault, Trial } from './trial.ts';

const FAULTS: readonly Fault[] = [
  apiKilled,
  databaseKilled,
  databaseKilledElsewhere,
  commitUnknown,
  databaseStalled,
  poolExhausted,
  outOfConnections,
  diskFull,
  badClients,
  clockSetBack,
  stoppedUnderLoad,
  restored,
];
const WIDTH = 120;
const INTERRUPTIONS = ['SIGINT', 'SIGTERM'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '20' },
    posts: { type: 'string', default: '10000' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(`Usage: npm run faults -- [name …] [--times 20] [--posts 10000]\n\n${described()}`);
else await tryAll(chosen(positionals));

function described(): string {
  const widest = Math.max(...FAULTS.map(({ name }) => name.length));
  return FAULTS.map(({ name, what }) => `  ${name.padEnd(widest)}  ${what}`).join('\n');
}

function chosen(names: readonly string[]): readonly Fault[] {
  const known = FAULTS.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new Error(
        `There is no fault "${name}"; the nearest is "${nearest(name, known)}". There are:\n${described()}`,
      );
  return names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.includes(name));
}

async function tryAll(faults: readonly Fault[]): Promise<void> {
  const rows: string[][] = [];
  for (const fault of faults) {
    console.log(`${fault.name}: ${fault.what}`);
    const trial = await tryOne(fault).catch((error: Error) => error);
    if (trial instanceof Error) {
      console.log(`  WRONG: ${trial.stack}`);
      process.exitCode = 1;
      rows.push([fault.name, 'failed', '', '', '', '']);
      continue;
    }
    if (typeof trial === 'string') {
      console.log(`  not tried: ${trial}`);
      rows.push([fault.name, 'not tried', '', '', '', '']);
      continue;
    }
    for (const said of [...trial.notes, ...trial.wrong.map((what) => `WRONG: ${what}`)]) console.log(`  ${said}`);
    const { tried, acknowledged, lost, doubled, unavailable, longest, wrong } = trial;
    console.log(
      `  tried ${tried} times: of ${acknowledged} events acknowledged, ${lost} lost, ${doubled} doubled; ` +
        `${unavailable} requests were told to come back`,
    );
    if (lost + doubled + wrong.length > 0 || tried === 0) process.exitCode = 1;
    rows.push([fault.name, ...[tried, acknowledged, lost, doubled].map(String), `${(longest / 1000).toFixed(1)} s`]);
  }
  const header = ['fault', 'tried', 'acknowledged', 'lost', 'doubled', 'longest without an answer'];
  console.log(`\n${textTable([header, ...rows], WIDTH)}`);
  console.log(process.exitCode ? '\nNot everything is as promised.' : '\nNothing was lost.');
}

/** Whatever happens, nothing is left running: also where it is interrupted. */
async function tryOne(fault: Fault): Promise<Trial | string> {
  const undo: (() => unknown)[] = [];
  const takeDown = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  const interrupted = () => void takeDown().finally(() => process.exit(130));
  for (const signal of INTERRUPTIONS) process.once(signal, interrupted);
  const teardown: Stage['teardown'] = (step) => void undo.push(step);
  let server: Promise<EmbeddedPostgres> | undefined;
  const start = async () => {
    const started = await startEmbeddedPostgres(await scratchFolder({ teardown }));
    teardown(() => started.stop());
    return started;
  };
  const stage: Stage = {
    teardown,
    times: Number(values.times),
    posts: Number(values.posts),
    async database() {
      const { url } = await (server ??= start());
      return databaseNamed(url, `fault_${randomBytes(6).toString('hex')}`);
    },
  };
  try {
    return await fault.run(stage);
  } finally {
    for (const signal of INTERRUPTIONS) process.off(signal, interrupted);
    await takeDown();
  }
}
