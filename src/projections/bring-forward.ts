// Brings runs forward: a page of the log is read once for all of them, and each takes what it lacks.
import type { LogStore } from '../events/log-database.ts';
import { readAfter } from '../events/read-log.ts';
import { applyUpTo, isPassing, poison, PoisonEvent, type Worker } from './apply.ts';
import { factChanges, type FactChange } from './fact-changes.ts';
import type { Keeps } from './left-out.ts';
import { Fenced, type LedRun } from './runs.ts';

/** Larger pages only cost memory. */
const PAGE = 1_000;

export interface ForwardOptions {
  /** The last sequence to take. */
  until?: number;
  keeps?: Keeps;
  /** Told of every run that got further. */
  onAdvance?: (run: LedRun) => void;
}

/**
 * Brings the runs forward by one page, beginning with those that are furthest behind. Answers whether there may be more. Those
 * that stand still at an event they cannot take, or are led by somebody else by now, are told by the error that each met;
 * `failure` is what the database had against one of them, and may pass.
 */
export async function bringForward(
  worker: Worker,
  runs: LedRun[],
  { until = Infinity, keeps, onAdvance }: ForwardOptions = {},
): Promise<{ more: boolean; errors: Map<LedRun, PoisonEvent | Fenced>; failure?: Error }> {
  const errors = new Map<LedRun, PoisonEvent | Fenced>();
  const behind = Math.min(...runs.map(({ checkpoint }) => checkpoint));
  const page = await readPage(worker.log, behind, Math.min(PAGE, until - behind), keeps);
  if ('culprit' in page) {
    for (const run of runs.filter(({ checkpoint }) => checkpoint < page.culprit)) {
      if (run.skipped.has(page.culprit)) await applyUpTo(worker, run, [], page.culprit);
      else errors.set(run, await poison(worker, run, page.culprit, page.error));
    }
    return { more: true, errors };
  }
  const { changes, last, isFull } = page;
  const outcomes = await Promise.allSettled(
    runs
      .filter(({ checkpoint }) => checkpoint < last)
      .map(async (run) => {
        try {
          await applyUpTo(worker, run, changes, last);
          onAdvance?.(run);
        } catch (error) {
          if (!(error instanceof PoisonEvent || error instanceof Fenced)) throw error;
          errors.set(run, error);
        }
      }),
  );
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  return { more: isFull && last < until, errors, ...(rejected && { failure: rejected.reason as Error }) };
}

/** The changes of the page after a sequence; where an event cannot be read, those before it, or (it comes first) the event. */
async function readPage(
  log: LogStore,
  after: number,
  limit: number,
  keeps: Keeps | undefined,
): Promise<{ changes: FactChange[]; last: number; isFull: boolean } | { culprit: number; error: unknown }> {
  try {
    const events = limit > 0 ? await readAfter(log, after, limit) : [];
    const changes = await factChanges(log, events, keeps);
    return { changes, last: events.at(-1)?.sequence ?? after, isFull: events.length === limit };
  } catch (error) {
    if (isPassing(error)) throw error;
    if (limit === 1) return { culprit: after + 1, error };
    return readPage(log, after, Math.ceil(limit / 2), keeps);
  }
}
