// What JSON and URLs can say and no log can keep. It is refused before anything else looks at a value, wherever it stands:
// PostgreSQL stores no NUL, a hash needs well-formed text and finite numbers, and nobody's stack is at the mercy of a client.

const DEEPEST = 64;

interface Unstorable {
  path: string[];
  found: string;
  expected: string;
}

/** The first thing in a value that cannot be kept; undefined where there is none. */
export function findUnstorable(value: unknown, path: string[] = []): Unstorable | undefined {
  if (typeof value === 'string') return unstorableText(value, path);
  if (typeof value === 'number' && !Number.isFinite(value))
    return { path, found: 'a number that is too large', expected: 'at most 1.8e308' };
  if (typeof value !== 'object' || value === null) return undefined;
  // Where it goes too deep is told by its first steps: nobody reads sixty.
  if (path.length === DEEPEST)
    return { path: path.slice(0, 3), found: 'ever more nesting', expected: `at most ${DEEPEST} levels` };
  for (const [name, part] of Object.entries(value)) {
    const inside = [...path, name];
    if (name === '__proto__') return { path: inside, found: 'an unknown field', expected: 'no field of that name' };
    const found = unstorableText(name, inside) ?? findUnstorable(part, inside);
    if (found) return found;
  }
  return undefined;
}

function unstorableText(text: string, path: string[]): Unstorable | undefined {
  if (text.includes('\0')) return { path, found: 'a NUL character', expected: 'text without one' };
  if (!text.isWellFormed()) return { path, found: 'half of a surrogate pair', expected: 'well-formed Unicode' };
  return undefined;
}
