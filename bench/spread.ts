/** The median of several measurements, and between which they lay. */
export function spread(all: number[], shown: (value: number) => string): string {
  const sorted = all.toSorted((a, b) => a - b);
  return `${shown(sorted[Math.floor(sorted.length / 2)]!)} (${shown(sorted[0]!)} to ${shown(sorted.at(-1)!)})`;
}
