// How close two actors stand to each other over the issues on which both have a position.
import type { Position } from './stance.ts';

/** An issue on which both have a position. */
export interface SharedIssue {
  a: Position;
  b: Position;
  /** How much the issue counts against the others; 1 where all count alike. */
  weight: number;
}

/** A step of the scale −2 to +2 on the scale of 0 to 100 that the DEU data set and euandi put positions on. */
const STEP = 25;

/** How far apart two positions are, 0 to 100. */
export function distance(a: Position, b: Position): number {
  return Math.abs(a - b) * STEP;
}

/**
 * 100 less the mean distance, weighted, to two decimals: 100 where they agree on everything, 0 where they are opposed throughout.
 * Null where they share fewer issues than `minOverlap`, because on few issues anybody looks close to anybody; and where none weighs.
 */
export function alignment(shared: SharedIssue[], minOverlap: number): number | null {
  const weight = shared.reduce((all, one) => all + one.weight, 0);
  if (shared.length < minOverlap || weight === 0) return null;
  const distances = shared.reduce((all, { a, b, weight: own }) => all + own * distance(a, b), 0);
  return Math.round((100 - distances / weight) * 100) / 100;
}
