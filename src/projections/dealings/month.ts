// Calendar months, as `YYYY-MM`.
import { daysIn } from '../../domain/occurred.ts';

/** The last day of a month. */
export function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return `${month}-${daysIn(year, number)}`;
}
