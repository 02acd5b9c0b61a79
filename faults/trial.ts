// What came of trying a fault, and the proof of it: the log read from its first row, beside what was acknowledged.
import { connect } from '../src/database/connect.ts';
import { faultsOf, rowsOf } from '../test/support/log-hashes.ts';
import type { Acknowledged, Posting } from './posting.ts';
import type { Stage } from './stage.ts';

export interface Trial {
  tried: number;
  acknowledged: number;
  /** Acknowledged, and not in the log as it was acknowledged. */
  lost: number;
  /** In the log more than once. */
  doubled: number;
  /** How often somebody was told that the database is away. */
  unavailable: number;
  /** The longest time in which nothing was acknowledged, in milliseconds. */
  longest: number;
  /** Whatever else is not as promised, each in a sentence. */
  wrong: string[];
  /** What may be said of it besides. */
  notes: string[];
}

export interface Fault {
  name: string;
  /** How it is tried, in a sentence. */
  what: string;
  /** Answers a sentence instead, where this machine does not allow it. */
  run: (stage: Stage) => Promise<Trial | string>;
}

/** Several as one. */
export function together(trials: Trial[]): Trial {
  const sum = (part: 'tried' | 'acknowledged' | 'lost' | 'doubled' | 'unavailable') =>
    trials.reduce((total, trial) => total + trial[part], 0);
  return {
    tried: sum('tried'),
    acknowledged: sum('acknowledged'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    unavailable: sum('unavailable'),
    longest: Math.max(0, ...trials.map(({ longest }) => longest)),
    wrong: trials.flatMap(({ wrong }) => wrong),
    notes: [...new Set(trials.flatMap(({ notes }) => notes))],
  };
}

/** Waits until everything is posted, and looks what the log has kept of it. */
export async function examine(database: string, posting: Posting, tried = 1, notes: string[] = []): Promise<Trial> {
  await posting.done;
  const { lost, doubled, wrong } = await compare(database, posting.acknowledged);
  return {
    tried,
    acknowledged: posting.acknowledged.length,
    lost,
    doubled,
    unavailable: posting.unavailable(),
    longest: posting.longest(),
    wrong: [...posting.wrong, ...wrong],
    notes,
  };
}

/** The log beside what was acknowledged: each event once, where it was said to be; the whole dense, chained, in order of time. */
export async function compare(database: string, acknowledged: readonly Acknowledged[]) {
  const db = connect(database, { max: 1 });
  try {
    const rows = await rowsOf(db);
    const kept = new Map(rows.map(({ id, sequence, hash }) => [id, `${sequence} ${hash.toString('hex')}`]));
    const lost = acknowledged.filter(({ id, sequence, hash }) => kept.get(id) !== `${sequence} ${hash}`);
    return { lost: lost.length, doubled: rows.length - kept.size, wrong: (await faultsOf(db)).slice(0, 10) };
  } finally {
    await db.destroy();
  }
}
