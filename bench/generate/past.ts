// What has been generated of an archive and may still be referred to: the last facts, and the last ones of each type.
import type { Random } from './random.ts';

/** A generated fact, with the principals that act and are acted on. */
export interface Happened {
  id: string;
  type: string;
  occurred: string;
  data: Record<string, unknown>;
  stance?: { issue: string; position: number };
  from: string;
  to: string;
}

const FACTS = 60;
const OF_A_TYPE = 12;

export class Past {
  #facts: Happened[] = [];
  readonly #byType = new Map<string, Happened[]>();

  add(fact: Happened): void {
    this.#facts = [...this.#facts, fact].slice(-FACTS);
    this.#byType.set(fact.type, [...(this.#byType.get(fact.type) ?? []), fact].slice(-OF_A_TYPE));
  }

  /** One of the last facts of any type that fits; undefined where there is none. */
  fact(random: Random, fits: (fact: Happened) => boolean = () => true): Happened | undefined {
    return oneOf(this.#facts.filter(fits), random);
  }

  /** One of the last facts of this type. */
  ofType(type: string, random: Random, fits: (fact: Happened) => boolean = () => true): Happened | undefined {
    return oneOf((this.#byType.get(type) ?? []).filter(fits), random);
  }

  /** It is over, taken back or no longer what it was: nothing may refer to it any more. */
  forget({ id, type }: Happened): void {
    this.#facts = this.#facts.filter((fact) => fact.id !== id);
    this.#byType.set(
      type,
      (this.#byType.get(type) ?? []).filter((fact) => fact.id !== id),
    );
  }
}

function oneOf(facts: Happened[], random: Random): Happened | undefined {
  return facts.length === 0 ? undefined : random.pick(facts);
}
