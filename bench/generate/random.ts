// Chance that comes out the same every time: mulberry32, a small generator of numbers in the public domain (Tommy Ettinger, 2017).

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Whole numbers in hexadecimal digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }
}

/** A draw in which each item comes as often as its weight says. */
export function weighted<T>(items: readonly (readonly [item: T, weight: number])[]): (random: Random) => T {
  let sum = 0;
  const sums = items.map(([, weight]) => (sum += weight));
  return (random) => {
    const drawn = random.next() * sum;
    return items[sums.findIndex((upTo) => drawn < upTo)]![0];
  };
}

/** A draw in which the n-th item comes as often as 1 / n^exponent says (Zipf). */
export function skewed<T>(items: readonly T[], exponent: number): (random: Random) => T {
  return weighted(items.map((item, index) => [item, 1 / (index + 1) ** exponent] as const));
}
