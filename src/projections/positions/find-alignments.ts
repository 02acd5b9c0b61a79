// Answers about alignment: how close actors stand to each other over the issues on which both have a position.
import { alignment, distance } from '../../domain/alignment.ts';
import type { Position } from '../../domain/stance.ts';
import type { Moment } from '../moment.ts';
import type { AssertionView, Positions } from './find-positions.ts';

interface AlignmentOptions {
  minOverlap: number;
  /** How much issues count against each other: all alike, or by the share that they have in what the two say. */
  weights: 'none' | 'salience';
}

/** A position, and what it rests on. */
interface Held extends Pick<AssertionView, 'event' | 'sequence' | 'source' | 'attribution'> {
  position: Position;
}

interface Pair {
  a: string;
  b: string;
  /** Issues on which both have a position. */
  n: number;
  /** 0 to 100; null where they share too few issues. */
  alignment: number | null;
  issues: { issue: string; a: Held; b: Held; distance: number; weight: number }[];
}

/** What an actor holds, and the share that each issue has in what it says; by issue. */
interface Stand {
  held: Map<string, Held>;
  salience: Map<string, number>;
}

export class Alignments {
  readonly #positions: Positions;

  constructor(positions: Positions) {
    this.#positions = positions;
  }

  /** Every pair of the actors, by name. */
  async ofPairs(actors: string[], { minOverlap, weights }: AlignmentOptions, moment: Moment) {
    const { sequence, items, statements } = await this.#positions.stands(actors, moment);
    const stands = new Map(
      actors.map((actor): [string, Stand] => {
        const own = <T extends { principal: string }>(rows: T[]) => rows.filter(({ principal }) => principal === actor);
        const held = own(items).flatMap(({ issue, position, event, sequence: place, source, attribution }) =>
          position === null ? [] : [[issue, { position, event, sequence: place, source, attribution }] as const],
        );
        return [actor, { held: new Map(held), salience: sharesOf(own(statements)) }];
      }),
    );
    const names = actors.toSorted();
    const pairs = names.flatMap((a, n) => names.slice(n + 1).map((b) => pairOf(a, b, stands, weights)));
    return { sequence, items: pairs.map((pair) => ({ ...pair, alignment: alignmentOf(pair, minOverlap) })) };
  }
}

function sharesOf(statements: { issue: string; count: number }[]): Map<string, number> {
  const all = statements.reduce((sum, { count }) => sum + count, 0);
  return new Map(statements.map(({ issue, count }) => [issue, count / all]));
}

function pairOf(a: string, b: string, stands: Map<string, Stand>, weights: AlignmentOptions['weights']) {
  const [one, other] = [stands.get(a)!, stands.get(b)!];
  const issues = [...one.held.keys()]
    .filter((issue) => other.held.has(issue))
    .toSorted()
    .map((issue) => {
      const [ours, theirs] = [one.held.get(issue)!, other.held.get(issue)!];
      const weight = weights === 'none' ? 1 : (one.salience.get(issue)! + other.salience.get(issue)!) / 2;
      return { issue, a: ours, b: theirs, distance: distance(ours.position, theirs.position), weight };
    });
  return { a, b, n: issues.length, issues };
}

function alignmentOf({ issues }: Pick<Pair, 'issues'>, minOverlap: number): number | null {
  return alignment(
    issues.map(({ a, b, weight }) => ({ a: a.position, b: b.position, weight })),
    minOverlap,
  );
}
