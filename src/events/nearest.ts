// The name somebody probably meant.
import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to a misspelt one; undefined where none is near enough to be what was meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const given = name.slice(0, 100);
  const found = closest(given, known);
  const apart = distance(given, found);
  return apart <= Math.max(2, found.length / 3) && apart < found.length / 2 ? found : undefined;
}
