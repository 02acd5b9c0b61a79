// Work that needs something of which there is little.

export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many works go on side by side; the others wait their turn, in the order in which they came. */
export function atMost(count: number): Limit {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
