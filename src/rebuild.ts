// `npm run rebuild [name …] -- [options]`: rebuilds read models beside the live ones, shows how far it is, and says what differs.
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { createLogger } from './create-logger.ts';
import { nearest } from './events/nearest.ts';
import { readHead, sequenceMeant } from './events/read-log.ts';
import { openDatabase } from './open-database.ts';
import type { TableComparison } from './projections/compare.ts';
import { projections } from './projections/every-projection.ts';
import type { Projection } from './projections/projection.ts';
import { Projector } from './projections/projector.ts';
import { isUnderway, readRebuild, type Rebuild } from './projections/rebuild.ts';
import { readSettings } from './settings.ts';

const HELP = `Usage: npm run rebuild -- [projection …] [options]

Builds read models anew from the log, beside the live ones, compares them and switches. All of them where none is named.

  --dry-run              compare and report; then drop what was built
  --until <when>         take the log as it stood at a sequence or a moment (2024-11-15T12:00:00Z); kept as a what-if
  --leave-out <source>   leave out events with this source (publisher, title, URL) or in whose
                         attribution it stands (actor, label); kept as a what-if
  --leave-out-event <id> leave out this event; kept as a what-if
  --help                 show this`;

/** How often the progress is looked at. */
const WATCH_MS = 200;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      until: { type: 'string' },
      'leave-out': { type: 'string', multiple: true, default: [] },
      'leave-out-event': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await run(chosenProjections(positionals), values);
} catch (error) {
  console.error(
    (error as Error).message.replace(/^(Unknown option [^.]*)\..*$/s, '$1. See npm run rebuild -- --help.'),
  );
  process.exitCode = 1;
}

async function run(
  chosen: readonly Projection[],
  asked: { 'dry-run': boolean; until?: string; 'leave-out': string[]; 'leave-out-event': string[] },
): Promise<void> {
  const settings = readSettings(process.env);
  const logger = createLogger(settings.logLevel === 'info' ? 'warn' : settings.logLevel);
  const { log, builders: pool, close } = await openDatabase(settings, logger);
  const projector = new Projector({ log, pool, projections, logger });
  try {
    await projector.start();
    const { id } = await projector.rebuilds.start({
      projections: chosen,
      until: asked.until === undefined ? null : await sequenceOf(asked.until),
      leftOut: { sources: asked['leave-out'], events: asked['leave-out-event'] },
      dryRun: asked['dry-run'],
    });
    const cancel = () => {
      projector.rebuilds.cancel(id).catch((error: Error) => console.error(error.message));
    };
    process.once('SIGINT', cancel);
    const finished = await watched(id);
    process.off('SIGINT', cancel);
    console.log(report(finished));
    const isDifferent = finished.state !== 'scratch' && finished.comparison?.equal === false;
    if (finished.state === 'failed' || finished.state === 'cancelled' || isDifferent) process.exitCode = 1;
  } finally {
    await projector.stop();
    await close();
  }

  async function sequenceOf(until: string): Promise<number> {
    if (!/^\d+$/.test(until) && Number.isNaN(Date.parse(until)))
      throw new Error(`--until: found "${until}", expected a sequence or a moment.`);
    const sequence = await sequenceMeant(log, until);
    const { sequence: head } = await readHead(log);
    if (sequence <= head) return sequence;
    throw new Error(`--until: found ${sequence}, expected a sequence up to ${head}, where the log ends.`);
  }

  /** Waits until the rebuild is over, and shows meanwhile how far it is; on a terminal only. */
  async function watched(id: number): Promise<Rebuild> {
    const bar = new SingleBar(
      {
        format: '{phase} {bar} {percentage}% | {sequence} of {last} events | {rate}/s | {left} s left',
        stream: process.stderr,
        noTTYOutput: false,
      },
      Presets.shades_classic,
    );
    bar.start(1, 0, { phase: 'waiting', sequence: 0, last: '?', rate: '?', left: '?' });
    try {
      for (;;) {
        const rebuild = (await readRebuild(log, id))!;
        const { phase, share, sequence, total, eventsPerSecond, secondsLeft } = rebuild;
        const shown = { rate: eventsPerSecond ?? '?', left: secondsLeft === null ? '?' : Math.round(secondsLeft) };
        bar.update(share, { phase: phase.padEnd(9), sequence, last: total, ...shown });
        if (!isUnderway(rebuild)) return rebuild;
        await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      }
    } finally {
      bar.stop();
    }
  }
}

function chosenProjections(names: string[]): readonly Projection[] {
  if (names.length === 0) return projections;
  return names.map((name) => {
    const found = projections.find((projection) => projection.name === name);
    if (found) return found;
    const known = projections.map((projection) => projection.name);
    const meant = nearest(name, known);
    throw new Error(
      `There is no projection "${name}"${meant ? `; the nearest is "${meant}"` : ''}. There are: ${known.join(', ')}.`,
    );
  });
}

function report(rebuild: Rebuild): string {
  const { id, state, sequence, comparison, error } = rebuild;
  const outcomes: Partial<Record<Rebuild['state'], string>> = {
    switched: 'and switched to what was built. What stood before can be switched back to',
    compared: 'and dropped what was built: it was a dry run',
    scratch: `and keep what was built. Ask it with ?projectionRun=${id}`,
  };
  if (outcomes[state] === undefined) return `Rebuild ${id} is ${state}${error === null ? '' : `: ${error}`}.`;
  const lines = comparison?.tables.map(tableLine) ?? [];
  const verdict =
    comparison === null
      ? 'There is nothing live to compare it with.'
      : comparison.equal
        ? 'The same as what is live, row by row.'
        : 'DIFFERENT from what is live.';
  return [`Rebuild ${id}: replayed ${sequence} events ${outcomes[state]}.`, verdict, ...lines].join('\n');
}

function tableLine({ projection, table, rows, equal, ...differences }: TableComparison): string {
  const { onlyLive, onlyRebuilt, differing, examples } = differences;
  const name = `  ${projection}.${table}: ${rows.rebuilt} rows`;
  if (equal) return name;
  const shown = examples.map((example) => `\n    event ${example.sequence} (${example.event})`).join('');
  return `${name}; ${onlyLive} only live, ${onlyRebuilt} only rebuilt, ${differing} that differ${shown}`;
}
