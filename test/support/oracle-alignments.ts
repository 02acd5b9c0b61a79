// How near two stand to each other over the issues on which both have a position, from what the oracle of positions says.
import type { Oracle } from './oracle.ts';

export interface AlignmentQuestion {
  actors: string[];
  issues: string[];
  at: string | null;
  minOverlap: number;
  weights: 'none' | 'salience';
}

/** Every pair of these actors, the one whose slug comes first before the other. */
export function alignmentsOf(oracle: Oracle, { actors, issues, at, minOverlap, weights }: AlignmentQuestion) {
  const inOrder = [...new Set(actors)].toSorted();
  return inOrder.flatMap((a, n) => inOrder.slice(n + 1).map((b) => alignmentOf(a, b)));

  function alignmentOf(a: string, b: string) {
    const shared = issues.toSorted().flatMap((issue) => {
      const [one, other] = [oracle.series(a, issue, at).current, oracle.series(b, issue, at).current];
      if (!one || !other) return [];
      const distance = Math.abs(one.position! - other.position!) * 25;
      return [{ issue, a: heldBy(one), b: heldBy(other), distance, weight: weightOf(a, b, issue) }];
    });
    const total = shared.reduce((sum, { weight }) => sum + weight, 0);
    const weighted = shared.reduce((sum, { weight, distance }) => sum + weight * distance, 0);
    const enough = shared.length > 0 && shared.length >= minOverlap;
    return { a, b, n: shared.length, alignment: enough ? 100 - weighted / total : null, issues: shared };
  }

  function weightOf(a: string, b: string, issue: string): number {
    if (weights === 'none') return 1;
    const share = (actor: string) => oracle.saidBy(actor, at, issue) / oracle.saidBy(actor, at);
    return (share(a) + share(b)) / 2;
  }
}

type Held = NonNullable<ReturnType<Oracle['series']>['current']>;

function heldBy({ position, event, sequence, source, attribution }: Held) {
  return { position, event, sequence, source, attribution };
}
