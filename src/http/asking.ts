// What every question goes through before it is asked: its two times are resolved, and what it must reflect is waited for.
import type { LogStore } from '../events/log-database.ts';
import { readHead, sequenceMeant } from '../events/read-log.ts';
import type { Moment } from '../projections/moment.ts';
import type { Projector } from '../projections/projector.ts';
import { fieldProblem, Problem } from './problem.ts';

/** How long a question waits for the sequence it wants to be reflected. */
const DEADLINE_MS = 5_000;

interface Times {
  at?: string | undefined;
  knownAt?: string | undefined;
  minSequence?: number | undefined;
  projectionRun?: number | null | undefined;
}

/** A question with its times resolved. */
export interface Question extends Moment {
  /** The rebuild whose what-if answers; null asks the live read models. */
  projectionRun: number | null;
}

export class Asking {
  readonly #log: LogStore;
  readonly #projector: Projector;

  constructor(log: LogStore, projector: Projector) {
    this.#log = log;
    this.#projector = projector;
  }

  /** The two times of a question to a projection, once that reflects what the question needs. */
  async prepare(projection: string, { at, knownAt, minSequence = 0, projectionRun = null }: Times): Promise<Question> {
    const moment = {
      at: at ?? null,
      knownAt: knownAt === undefined ? null : await sequenceMeant(this.#log, knownAt),
      projectionRun,
    };
    if (projectionRun !== null) await this.#requireReached(projection, projectionRun, minSequence);
    // What was known at a sequence is not known before that sequence is applied.
    else await this.#awaitSequence(projection, Math.max(minSequence, moment.knownAt ?? 0));
    return moment;
  }

  /** A what-if goes no further than it was built, so there is nothing to wait for. */
  async #requireReached(name: string, rebuild: number, sequence: number): Promise<void> {
    const projection = this.#projector.projections.find((one) => one.name === name)!;
    const { checkpoint } = await this.#projector.answering.runOf(projection, rebuild);
    if (sequence <= checkpoint) return;
    throw fieldProblem('invalid_request', [
      {
        parameter: 'minSequence',
        found: String(sequence),
        expected: `${checkpoint} at most, where what-if ${rebuild} ends`,
      },
    ]);
  }

  async #awaitSequence(projection: string, sequence: number): Promise<void> {
    if (await this.#projector.reaches(projection, sequence, DEADLINE_MS)) return;
    const head = await readHead(this.#log);
    const reason = this.#projector.hasStopped(projection)
      ? `${projection} has stopped at an event it cannot apply, see /v1/projections`
      : sequence > head.sequence
        ? `the log ends at ${head.sequence}`
        : `${projection} is still on its way there; ask again shortly`;
    throw new Problem('not_yet_reflected', `Sequence ${sequence} is not reflected yet: ${reason}.`);
  }
}

/** The sequence an answer reflects: the one asked for, or all that was applied. */
export function reflected<T extends { sequence: number }>(found: T, { knownAt }: Pick<Moment, 'knownAt'>): T {
  return knownAt === null ? found : { ...found, sequence: Math.min(found.sequence, knownAt) };
}
