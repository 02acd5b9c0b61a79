// The two times that every question may name.
import type { Interval } from '../domain/occurred.ts';
import type { KnownAt } from './read-model.ts';

export interface Moment {
  /** Valid time, `YYYY-MM-DD`: where did things stand on that day. Null asks about all days. */
  at: string | null;
  /** Transaction time, as a sequence: what did the log know. Null asks about all it knows. */
  knownAt: KnownAt;
}

/** Whether a fact that has begun by the day asked for may still be to come: its latest day is. */
export function isOnlyPossible({ latest }: Interval, { at }: Pick<Moment, 'at'>): boolean {
  return at !== null && (latest === null || latest > at);
}
