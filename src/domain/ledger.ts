// What becomes of a thing over time: demands, proposals, commitments, negotiations and encounters each go through steps, and the
// last one that counts on a day says how it stands.
import { ANSWERS } from './answer.ts';
import { countsAsFact } from './event-type.ts';
import type { Fact } from './fact.ts';
import { compareInTime, parseOccurred, type Interval } from './occurred.ts';

/** What a thing can be, by ledger. `unconfirmed`: what opened it is an opinion, a negation or the like, and no step has counted since. */
export const STATUSES = {
  demand: ['open', ...ANSWERS, 'withdrawn', 'unconfirmed'],
  proposal: ['open', ...ANSWERS, 'unconfirmed'],
  commitment: ['promised', 'in_the_works', 'stalled', 'compromised', 'kept', 'broken', 'withdrawn', 'unconfirmed'],
  negotiation: ['proposed', 'agreed_to_open', 'open', 'suspended', 'agreed', 'abandoned', 'concluded', 'unconfirmed'],
  encounter: ['planned', 'held', 'cancelled', 'ruled_out', 'unconfirmed'],
} as const;

export type Ledger = keyof typeof STATUSES;
export type StatusOf<L extends Ledger> = (typeof STATUSES)[L][number];
export type Status = StatusOf<Ledger>;

/** One fact as it bears on a thing. */
export interface Step extends Interval {
  event: string;
  sequence: number;
  /** What the thing is from then on; null where the step tells of it without changing that. */
  status: Status | null;
  /** Only what counts changes a status; opinions, assessments and plans are listed beside it. */
  counted: boolean;
}

export function stepOf(fact: Fact, status: Status | null): Step {
  const { earliest, latest } = parseOccurred(fact.occurred);
  return { event: fact.id, sequence: fact.sequence, earliest, latest, status, counted: countsAsFact(fact) };
}

/** A span of days in which a thing stands as one of its steps says: from `begins` on, until before `ends`; null where that is open. */
export interface Span<S extends Step> {
  begins: string | null;
  ends: string | null;
  set: S;
}

/** What is final: later steps are told, and change nothing. */
const FINAL: (Status | null)[] = ['held', 'withdrawn', 'concluded'];

/**
 * How a thing stands from the first day of its opening on. The opening says it until a later step does that counts; one that had
 * begun by then says it from the beginning.
 */
export function spansOf<S extends Step>(opening: S, steps: S[]): Span<S>[] {
  const telling = steps.filter(({ status, counted }) => status !== null && counted).toSorted(compareInTime);
  const spans: Span<S>[] = [{ begins: opening.earliest, ends: null, set: opening }];
  for (const step of telling) {
    const last = spans.at(-1)!;
    if (FINAL.includes(last.set.status)) break;
    const isLater = step.earliest !== null && (last.begins === null || step.earliest > last.begins);
    if (isLater) {
      last.ends = step.earliest;
      spans.push({ begins: step.earliest, ends: null, set: step });
    } else last.set = step;
  }
  return spans;
}

/** The step that says how the thing stands on a day; undefined where it had not begun. */
export function setOn<S extends Step>(spans: Span<S>[], day: string): S | undefined {
  return spans.findLast(({ begins }) => begins === null || begins <= day)?.set;
}
