// How long two had not been in contact: a range of days where one of the two dates is vague.
import type { Interval } from './occurred.ts';

/** In days; null where a date is open. */
export interface Silence {
  minDays: number | null;
  maxDays: number | null;
}

/** From the last day that the earlier contact can have been on to the first of the later one, and from the first to the last. */
export function silenceBetween(earlier: Interval, later: Interval): Silence {
  const shortest = daysBetween(earlier.latest, later.earliest);
  return {
    minDays: shortest === null ? null : Math.max(0, shortest),
    maxDays: daysBetween(earlier.earliest, later.latest),
  };
}

function daysBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
