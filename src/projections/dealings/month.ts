// Calendar months, as `YYYY-MM`.

/** The last day of a month. */
export function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const end = new Date(0);
  end.setUTCFullYear(year, number, 0);
  return `${month}-${end.getUTCDate()}`;
}
