// The two times that every question may name.
import type { KnownAt } from './read-model.ts';

export interface Moment {
  /** Valid time, `YYYY-MM-DD`: where did things stand on that day. Null asks about all days. */
  at: string | null;
  /** Transaction time, as a sequence: what did the log know. Null asks about all it knows. */
  knownAt: KnownAt;
}
