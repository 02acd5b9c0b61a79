// `npm run verify -- [options]`: verifies the log, shows how far it is, and names the first sequence that does not hold.
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { pino } from 'pino';
import type { LogStore } from './events/log-database.ts';
import { LogTree } from './events/log-tree.ts';
import { BEGINNING, CHECKS, verifyLog, type Fault, type TrustedHead } from './events/verify-log.ts';
import { openDatabase } from './open-database.ts';
import { readSettings } from './settings.ts';

const HELP = `Usage: npm run verify -- [options]

Works out all hashes of the log anew, from its rows, and names the first sequence that does not hold.

  --head <sequence>:<hash>  the log must have had this head: one that you have kept. It shows whether the end was cut off,
                            or all of it was written anew
  --from <sequence>:<hash>  begin after this head, which is trusted
  --help                    show this`;

/** So many events between two looks at the progress. */
const STEP = 5_000;

try {
  const { values } = parseArgs({
    options: { head: { type: 'string' }, from: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) console.log(HELP);
  else await run(headFrom('--head', values.head), headFrom('--from', values.from) ?? BEGINNING);
} catch (error) {
  console.error((error as Error).message.replace(/^(Unknown option [^.]*)\..*$/s, '$1. See npm run verify -- --help.'));
  process.exitCode = 1;
}

async function run(kept: TrustedHead | undefined, from: TrustedHead): Promise<void> {
  if (kept && kept.sequence < from.sequence)
    throw new Error(`--from: found ${from.sequence}, expected a sequence up to ${kept.sequence}, that of --head.`);
  const settings = readSettings(process.env);
  const logger = pino({ level: settings.logLevel === 'info' ? 'warn' : settings.logLevel }, pino.destination(2));
  const { log, close } = await openDatabase(settings, logger);
  try {
    const { verified, fault } = await walk(log, kept, from);
    if (fault) {
      console.log(`The log does NOT hold at sequence ${fault.sequence}.`);
      for (const check of fault.checks) console.log(`  ${check}: ${CHECKS[check]}`);
      process.exitCode = 1;
      return;
    }
    const { sequence, hash, root } = await new LogTree(log, Infinity).rootAt(verified.sequence);
    console.log(`The log holds from sequence ${Math.min(from.sequence + 1, sequence)} to ${sequence}.`);
    console.log(`  head  ${sequence}:${hash}\n  root  ${root}`);
  } finally {
    await close();
  }
}

/** Goes from head to head; the kept one is compared on the way. */
async function walk(
  log: LogStore,
  kept: TrustedHead | undefined,
  from: TrustedHead,
): Promise<{ verified: TrustedHead; fault: Fault | null }> {
  if (kept?.sequence === from.sequence && kept.hash !== from.hash)
    return { verified: from, fault: { sequence: kept.sequence, checks: ['head'] } };
  const format = 'verifying {bar} {percentage}% | {value} of {total} events | {eta} s left';
  const bar = new SingleBar({ format, stream: process.stderr, noTTYOutput: false }, Presets.shades_classic);
  bar.start(1, 0);
  try {
    let verified = from;
    for (;;) {
      const left = kept && verified.sequence < kept.sequence ? kept.sequence - verified.sequence : STEP;
      const step = await verifyLog(log, verified, Math.min(left, STEP));
      bar.setTotal(step.head);
      bar.update(step.verified.sequence);
      verified = step.verified;
      if (step.fault) return step;
      const isAtKept = verified.sequence === kept?.sequence;
      if (isAtKept && verified.hash !== kept.hash)
        return { verified, fault: { sequence: kept.sequence, checks: ['head'] } };
      if (verified.sequence < step.head) continue;
      const isCut = kept !== undefined && kept.sequence > step.head;
      return { verified, fault: isCut ? { sequence: step.head + 1, checks: ['sequence'] } : null };
    }
  } finally {
    bar.stop();
  }
}

function headFrom(option: string, text: string | undefined): TrustedHead | undefined {
  if (text === undefined) return undefined;
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === undefined)
    throw new Error(`${option}: found "${text}", expected a sequence and its hash, as 42:5feceb66…`);
  return { sequence: Number(sequence), hash };
}
