// What the log knows at the moment an event is judged. Rules ask it; they never ask a clock or a database.
import type { Fact } from './fact.ts';
import type { Affiliations } from './principal.ts';

/** What is known about the things an event refers to. */
export interface Known extends Affiliations {
  /** The calendar day it is, or already is somewhere on earth, as `YYYY-MM-DD`. */
  today: string;
  hasActor(slug: string): boolean;
  hasIssue(slug: string): boolean;
  /** The fact of that event, with its corrections applied; undefined where no such event was recorded. */
  fact(id: string): Fact | undefined;
  /** What was said about that event, also what was taken back since; without what was redacted. */
  saidAbout(id: string): Fact[];
  /** The facts of a stream that still stand, in the order of the log. */
  factsIn(stream: string): Fact[];
  /** The fact that a correction is about, as it would read had the correction not been made. */
  factWithout(correction: string): Fact | undefined;
}
