// Places within a JSON value, for changing one of them.

export type Path = (string | number)[];

/** The paths of all values in a value. */
export function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...inside.flatMap((step) => pathsIn(value[step as keyof typeof value], [...path, step]))];
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<any>((part, step) => part?.[step], value);
}

/** A copy of the value with something else at a path; a part that is undefined is left out. */
export function withValue(value: unknown, [step, ...rest]: Path, part: unknown): unknown {
  if (step === undefined) return part;
  const inside = withValue((value as any)?.[step], rest, part);
  if (Array.isArray(value) && typeof step === 'number') return value.toSpliced(step, 1, inside);
  return { ...(value as object), [step]: inside };
}
