// What is handed to the recorder, and what comes back: one outcome for each event, whatever became of its neighbours.
import type { NewEvent, RecordedEvent } from '../domain/event.ts';
import type { Violation } from '../domain/event-type.ts';
import type { WrittenOut } from './written-out.ts';

/** Who records. */
export interface RecordedBy {
  recordedBy: string;
  /** The issues that an event may be about, where who records it is limited to some. */
  onlyIssues?: readonly string[] | undefined;
  /** Whether EventRedacted may be recorded; it may where nothing is said. */
  mayRedact?: boolean;
}

/** An event to record. `expectedVersion` is the version its stream must have now, 0 for a stream that must not exist yet. */
export interface Submission extends RecordedBy {
  event: NewEvent;
  expectedVersion?: number | undefined;
}

/** The event is in the log: by this submission, or by an earlier one of the same id and content. */
export interface InLog {
  status: 'recorded' | 'duplicate';
  event: RecordedEvent;
}

/** Nothing was recorded. */
export type NotInLog =
  | { status: 'conflict'; code: 'version_conflict'; stream: string; expectedVersion: number; version: number }
  | { status: 'conflict'; code: 'id_reused'; id: string; sequence: number }
  | { status: 'refused'; violations: Violation[] }
  /** Another item of the same atomic batch was not recorded. */
  | { status: 'not_recorded' };

export type Outcome = InLog | NotInLog;

export function isInLog(outcome: Outcome): outcome is InLog {
  return 'event' in outcome;
}

/** A submission on its way: its outcome once there is one. */
export interface Pending extends WrittenOut {
  submission: Submission;
  outcome?: Outcome;
}

/** Submissions that came together: recorded in their order, answered together, all or nothing where `atomic`. */
export interface Request {
  items: Pending[];
  atomic: boolean;
  /** Set when an item could not be accepted on what was known: it is judged again on what is committed, and then finally. */
  doubtful: boolean;
  /** Set when its group upset the database. */
  alone: boolean;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

export function unanswered(request: Request): Pending[] {
  return request.items.filter((item) => item.outcome === undefined);
}
