// `npm run rebuild [name …]`: replays the log into read models, all of them or those named, and compares the result with what was there.
import { pino } from 'pino';
import { nearest } from './events/nearest.ts';
import { readHead } from './events/read-log.ts';
import { openDatabase } from './open-database.ts';
import { projections } from './projections/every-projection.ts';
import type { Projection } from './projections/projection.ts';
import { rebuild, type Rebuilt } from './projections/rebuild.ts';
import { readSettings } from './settings.ts';

try {
  const chosen = chosenProjections(process.argv.slice(2));
  const settings = readSettings(process.env);
  const database = await openDatabase(
    settings,
    pino({ level: settings.logLevel === 'info' ? 'warn' : settings.logLevel }, pino.destination(2)),
  );
  try {
    const { sequence: head } = await readHead(database.log);
    for (const projection of chosen) {
      const started = performance.now();
      const rebuilt = await rebuild(database.log, projection, (checkpoint) =>
        progress(`${projection.name}: ${checkpoint} of ${head}`),
      );
      const seconds = (performance.now() - started) / 1000;
      progress('');
      console.log(report(rebuilt, seconds));
      if (differs(rebuilt)) process.exitCode = 1;
    }
  } finally {
    await database.close();
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
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

/** Rewrites one line on a terminal; says nothing elsewhere. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

function differs({ sequences: [before, after], ...digests }: Rebuilt): boolean {
  return before === after && JSON.stringify(digests.before) !== JSON.stringify(digests.after);
}

function report(rebuilt: Rebuilt, seconds: number): string {
  const { name, sequences, after } = rebuilt;
  const rows = after.map((table) => `${table.rows} in ${table.table}`).join(', ');
  const verdict =
    sequences[0] !== sequences[1]
      ? 'the log grew meanwhile, so it is not compared'
      : differs(rebuilt)
        ? 'DIFFERENT from before'
        : 'the same as before, digest for digest';
  return `${name}: replayed ${sequences[1]} events in ${seconds.toFixed(1)} s; rows: ${rows}; ${verdict}`;
}
