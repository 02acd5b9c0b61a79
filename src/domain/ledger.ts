// What becomes of a thing over time: demands, commitments, negotiations and encounters each go through steps, and the last one
// that counts on a day says how it stands.
import { countsAsFact } from './event-type.ts';
import type { Fact } from './fact.ts';
import { compareOccurred, parseOccurred, type Interval } from './occurred.ts';

/** One fact as it bears on a thing. */
export interface Step extends Interval {
  event: string;
  sequence: number;
  /** What the thing is from then on; null where the step tells of it without changing that. */
  status: string | null;
  /** Only what counts changes a status; opinions, assessments and plans are listed beside it. */
  counted: boolean;
}

export function stepOf(fact: Fact, status: string | null): Step {
  const { earliest, latest } = parseOccurred(fact.occurred);
  return { event: fact.id, sequence: fact.sequence, earliest, latest, status, counted: countsAsFact(fact) };
}

/** The order of a history: by date, earliest day first, then latest; what is still equal, by sequence. */
function compareSteps(a: Step, b: Step): number {
  return compareOccurred(a, b) || a.sequence - b.sequence;
}

/** The step that says how the thing stands on a day: the last counted one that has begun by then. A null day asks about all days. */
export function statusOf<S extends Step>(steps: S[], day: string | null): S | undefined {
  const telling = steps.filter(({ status, counted }) => status !== null && counted);
  return telling
    .toSorted(compareSteps)
    .findLast(({ earliest }) => day === null || earliest === null || earliest <= day);
}

/** A span of days in which a thing stands as one of its steps says: from `begins` on, until before `ends`; null where that is open. */
export interface Span<S extends Step> {
  begins: string | null;
  ends: string | null;
  set: S;
}

/**
 * How a thing stands from the first day of its opening on. The opening says it, whether it counts or not, until a later step
 * does that counts; one that had begun by then says it from the beginning.
 */
export function spansOf<S extends Step>(opening: S, steps: S[]): Span<S>[] {
  const telling = steps.filter(({ status, counted }) => status !== null && counted).toSorted(compareSteps);
  const spans: Span<S>[] = [{ begins: opening.earliest, ends: null, set: opening }];
  for (const step of telling) {
    const last = spans.at(-1)!;
    const isLater = step.earliest !== null && (last.begins === null || step.earliest > last.begins);
    if (isLater) {
      last.ends = step.earliest;
      spans.push({ begins: step.earliest, ends: null, set: step });
    } else last.set = step;
  }
  return spans;
}
