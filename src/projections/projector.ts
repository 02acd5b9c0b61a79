// Keeps the read models of this node up with the log: told of every append, and looking by itself in case nobody tells.
import type { Logger } from 'pino';
import type { LogStore } from '../events/log-database.ts';
import { catchUp, PoisonEvent, ReadModelReplaced } from './catch-up.ts';
import { prepare } from './prepare.ts';
import type { Projection } from './projection.ts';

/** What is missed when no word comes is found after this long. */
const POLL_MS = 1_000;

interface ProjectorOptions {
  log: LogStore;
  projections: readonly Projection[];
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** One projection as it runs on this node. */
class Run {
  readonly #log: LogStore;
  readonly #projection: Projection;
  readonly #logger: ProjectorOptions['logger'];
  readonly #waiting = new Set<{ sequence: number; settle(reached: boolean): void }>();
  #checkpoint = 0;
  #woken = true;
  #stopped = false;
  #poisoned = false;
  #working: Promise<void> | undefined;

  constructor({ log, logger }: ProjectorOptions, projection: Projection) {
    this.#log = log;
    this.#logger = logger;
    this.#projection = projection;
  }

  wake(): void {
    this.#woken = true;
    if (this.#stopped || this.#working) return;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      // Woken after the last look and before this moment.
      if (this.#woken) this.wake();
    });
  }

  /** Resolves true once the checkpoint has reached the sequence; false when the deadline comes first, or it has stopped. */
  async reaches(sequence: number, deadlineMs: number): Promise<boolean> {
    if (this.#checkpoint >= sequence) return true;
    if (this.#stopped) return false;
    return new Promise((resolve) => {
      const settle = (reached: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        resolve(reached);
      };
      const timer = setTimeout(settle, deadlineMs, false);
      const waiter = { sequence, settle };
      this.#waiting.add(waiter);
      this.wake();
    });
  }

  get isPoisoned(): boolean {
    return this.#poisoned;
  }

  async finish(): Promise<void> {
    this.#stop();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = false;
      try {
        await catchUp(this.#log, this.#projection, (checkpoint) => this.#advance(checkpoint));
      } catch (error) {
        if (error instanceof PoisonEvent || error instanceof ReadModelReplaced) this.#stop();
        this.#poisoned = error instanceof PoisonEvent;
        // Anything else is the database: the next poll tries again.
        this.#logger.error(
          { err: error, projection: this.#projection.name },
          'A projection could not be brought up to date',
        );
      }
    }
  }

  /** Nobody waits for what will not come. */
  #stop(): void {
    this.#stopped = true;
    for (const waiter of this.#waiting) waiter.settle(false);
  }

  #advance(checkpoint: number): void {
    this.#checkpoint = checkpoint;
    for (const waiter of this.#waiting) if (waiter.sequence <= checkpoint) waiter.settle(true);
  }
}

export class Projector {
  readonly #options: ProjectorOptions;
  readonly #runs: Map<string, Run>;
  #poll: NodeJS.Timeout | undefined;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#runs = new Map(options.projections.map((projection) => [projection.name, new Run(options, projection)]));
  }

  /** Prepares the read models, then follows the log until {@link stop}. */
  async start(): Promise<void> {
    for (const projection of this.#options.projections) await prepare(this.#options.log, projection);
    this.wake();
    this.#poll = setInterval(() => this.wake(), POLL_MS);
  }

  /** Something was appended. */
  wake(): void {
    for (const run of this.#runs.values()) run.wake();
  }

  /** Waits until a projection reflects the sequence; false when the deadline comes first, or it has stopped. */
  async reaches(name: string, sequence: number, deadlineMs: number): Promise<boolean> {
    return this.#runs.get(name)!.reaches(sequence, deadlineMs);
  }

  /** Whether a projection stands still on this node, at an event it cannot apply. */
  hasStopped(name: string): boolean {
    return this.#runs.get(name)!.isPoisoned;
  }

  async stop(): Promise<void> {
    clearInterval(this.#poll);
    await Promise.all([...this.#runs.values()].map((run) => run.finish()));
  }
}
