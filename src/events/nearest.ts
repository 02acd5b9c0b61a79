// The name somebody probably meant.
import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to a misspelt one; undefined where none is near enough to be what was meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const found = closest(name.slice(0, 100), known);
  return distance(name.slice(0, 100), found) <= Math.max(2, Math.floor(found.length / 3)) ? found : undefined;
}
