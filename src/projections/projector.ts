// Keeps the read models up with the log on this node: leads the runs that nobody else leads, told of every append, and looking by
// itself in case nobody tells. For those that others lead it watches how far they are.
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { LogStore } from '../events/log-database.ts';
import { AnsweringRuns, type AnsweringRun, type Standing } from './answering-runs.ts';
import type { Worker } from './apply.ts';
import { bringForward } from './bring-forward.ts';
import type { Projection } from './projection.ts';
import { Rebuilder } from './rebuilder.ts';
import { Fenced, keepLead, LEASE_MS, resign, takeLead, type LedRun } from './runs.ts';

/** What is missed when no word comes is found after this long. As often the leases are renewed. */
const POLL_MS = 1_000;
/** Runs fewer events apart take the same pages. */
const NEAR = 10_000;
/**
 * Those who record want the database and the processor too, and seven transactions cost about as much for fifty events as for
 * one: where no question waits, the projector rests after each page, so many times as long as it took, within these bounds.
 */
const REST = { times: 2, shortest: 20, longest: 250 };
/**
 * When much is recorded, read models may fall behind for a while and catch up when it is over. A question at another node cannot
 * end the rest: the longest is well below what it waits.
 */
const BUSY_REST = { times: 9, shortest: 1_000, longest: 2_000 };
/** What goes on for longer than so long is no while: from there on they get half of the time. */
const BURST_MS = 10_000;
const BUSY_FOR_LONG_REST = { times: 1, shortest: 20, longest: 2_000 };
/** A long rest is over so long after recording has become quiet. */
const LOOK_MS = 250;
/** How often somebody else's progress is looked at while a question waits for it. */
const WATCH_MS = 25;

interface ProjectorOptions {
  log: LogStore;
  /** Connections for building read models: four are used at once. */
  pool: Pool;
  projections: readonly Projection[];
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Whether much is being recorded. */
  isRecordingBusy?: () => boolean;
}

/** How far a projection is, as this node knows. */
interface Progress {
  checkpoint: number;
  failed: number | null;
}

interface Waiter {
  name: string;
  sequence: number;
  settle(reached: boolean): void;
}

export class Projector {
  readonly rebuilds: Rebuilder;
  readonly answering: AnsweringRuns;
  readonly #worker: Worker;
  readonly projections: readonly Projection[];
  readonly #logger: ProjectorOptions['logger'];
  readonly #isRecordingBusy: () => boolean;
  readonly #led = new Map<number, LedRun>();
  readonly #progress = new Map<string, Progress>();
  readonly #waiting = new Set<Waiter>();
  #woken = false;
  #isTime = false;
  #stopped = false;
  #working: Promise<void> | undefined;
  #watching: Promise<void> | undefined;
  #renewing: Promise<void> | undefined;
  #looking: Promise<AnsweringRun[]> | undefined;
  /** When it was last known for sure what this node leads. */
  #renewed = 0;
  #poll: NodeJS.Timeout | undefined;
  #resting: NodeJS.Timeout | undefined;
  /** Since when much has been recorded. */
  #busySince: number | undefined;
  /** When the last page ended, how long it took, and whether there was more. */
  #page = { ended: -Infinity, took: 0, isBehind: false };

  constructor({ log, pool, projections, logger, isRecordingBusy = () => false }: ProjectorOptions) {
    this.#worker = { log, node: randomUUID() };
    this.projections = projections;
    this.#logger = logger;
    this.#isRecordingBusy = isRecordingBusy;
    this.answering = new AnsweringRuns(log);
    this.rebuilds = new Rebuilder({
      worker: this.#worker,
      pool,
      projections,
      logger,
      onSwitched: () => this.#look(),
    });
  }

  /** Sees to it that the read models are there or being built, then follows the log until {@link stop}. */
  async start(): Promise<void> {
    await this.rebuilds.ensureRuns();
    this.#look();
    this.#poll = setInterval(() => {
      this.#renew();
      this.#look();
    }, POLL_MS);
  }

  /** Something was appended. */
  wake(): void {
    this.#woken = true;
    if (this.#stopped || this.#working) return;
    clearTimeout(this.#resting);
    const rest = this.#isTime ? 0 : this.#restLeft();
    if (rest > 0) this.#resting = setTimeout(() => this.wake(), Math.min(rest, LOOK_MS));
    else this.#begin();
  }

  #begin(): void {
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      // Woken meanwhile.
      if (this.#woken) this.wake();
    });
  }

  /** Waits until a projection reflects the sequence; false when the deadline comes first, or it has stopped. */
  async reaches(name: string, sequence: number, deadlineMs: number): Promise<boolean> {
    if (sequence === 0 || (this.#progress.get(name)?.checkpoint ?? 0) >= sequence) return true;
    if (this.#stopped || (this.#isLed(name) && this.hasStopped(name))) return false;
    return new Promise((resolve) => {
      const settle = (reached: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        resolve(reached);
      };
      const timer = setTimeout(settle, deadlineMs, false);
      const waiter: Waiter = { name, sequence, settle };
      this.#waiting.add(waiter);
      this.wake();
      this.#watch();
    });
  }

  /**
   * The run that answers for a projection and how far it is, never less than this node has answered from it: known where the node
   * leads it; else whoever asks at the same time shares one look. Undefined while it is being built or replaced.
   */
  async standing(name: string): Promise<Standing | undefined> {
    const isLeader = performance.now() - this.#renewed < LEASE_MS;
    const led = isLeader ? this.#ledRun(name) : undefined;
    if (led && this.answering.lastAnswer(name)?.run === led.id) return this.#atLeast(name, led.id, led.checkpoint);
    this.#looking ??= this.answering.live(this.projections).finally(() => (this.#looking = undefined));
    const found = (await this.#looking).find(({ projection }) => projection === name);
    return found && this.#atLeast(name, found.id, found.checkpoint);
  }

  #atLeast(name: string, run: number, checkpoint: number): Standing | undefined {
    const last = this.answering.lastAnswer(name);
    if (!last) return { run, checkpoint };
    // One of the two has been replaced by the other, and it is not known here which.
    if (last.run !== run) return undefined;
    return { run, checkpoint: Math.max(checkpoint, last.checkpoint) };
  }

  /** Whether a projection stands still, at an event it cannot apply. */
  hasStopped(name: string): boolean {
    return (this.#progress.get(name)?.failed ?? null) !== null;
  }

  /** Stops what this node does, and lets others lead what it has led. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#resting);
    for (const waiter of this.#waiting) waiter.settle(false);
    await this.rebuilds.stop();
    await this.#working;
    await this.#watching;
    await this.#renewing;
    try {
      await resign(this.#worker.log, this.#worker.node);
    } catch (error) {
      // The leases lapse by themselves.
      this.#logger.warn({ err: error }, 'The lead of the projections could not be handed over');
    }
  }

  /** However long a page takes, the leases do not lapse meanwhile. */
  #renew(): void {
    this.#renewing ??= this.#keepLead().finally(() => (this.#renewing = undefined));
  }

  async #keepLead(): Promise<void> {
    const led = [...this.#led];
    const asked = performance.now();
    try {
      // No others: a lease that nobody here knows of must lapse.
      const ids = [...led.map(([id]) => id), ...this.rebuilds.led];
      const kept = await keepLead(this.#worker.log, this.#worker.node, ids);
      // Meanwhile the lead may have been lost and taken again.
      for (const [id, run] of led) if (!kept.has(id) && this.#led.get(id) === run) this.#led.delete(id);
      this.#renewed = asked;
    } catch (error) {
      // Whoever takes over is told apart by the term.
      this.#logger.warn({ err: error }, 'The lead of the projections could not be renewed');
    }
  }

  /** It is time to look who leads what. */
  #look(): void {
    this.#isTime = true;
    this.wake();
  }

  async #work(): Promise<void> {
    this.#woken = false;
    try {
      if (this.#isTime) {
        this.#isTime = false;
        await this.#lead();
      }
      if (this.#restLeft() <= 0) await this.#turnPage();
      else this.#woken = true;
    } catch (error) {
      // It is the database: the next poll tries again.
      this.#logger.error({ err: error }, 'The projections could not be brought up to date');
    }
  }

  async #lead(): Promise<void> {
    const { log, node } = this.#worker;
    for (const run of await takeLead(log, node, this.projections, null)) {
      // It may have been mended since it failed.
      this.#led.set(run.id, { ...run, failed: null });
      this.#advance(run.projection.name, { checkpoint: run.checkpoint, failed: null });
    }
    await this.rebuilds.tick();
    if (this.#waiting.size > 0) this.#watch();
  }

  /** Brings the runs forward by a page. */
  async #turnPage(): Promise<void> {
    const runs = [...this.#led.values()].filter(({ failed }) => failed === null);
    const began = performance.now();
    let isBehind = false;
    // One that is far behind does not keep the others from what is new.
    for (const near of Map.groupBy(runs, ({ checkpoint }) => Math.floor(checkpoint / NEAR)).values())
      isBehind = (await this.#bringForward(near)) || isBehind;
    if (isBehind) this.#woken = true;
    const ended = performance.now();
    this.#page = { ended, took: ended - began, isBehind };
  }

  /** Milliseconds; not positive where it is time for the next page. */
  #restLeft(): number {
    if (this.#waiting.size > 0) return 0;
    const { ended, took, isBehind } = this.#page;
    const rest = this.#rest();
    // Whatever else is to be done, what is there comes closer.
    if (isBehind && rest === REST) return 0;
    return ended + Math.min(Math.max(rest.times * took, rest.shortest), rest.longest) - performance.now();
  }

  #rest(): typeof REST {
    if (!this.#isRecordingBusy()) {
      this.#busySince = undefined;
      return REST;
    }
    this.#busySince ??= performance.now();
    return performance.now() - this.#busySince < BURST_MS ? BUSY_REST : BUSY_FOR_LONG_REST;
  }

  /** Brings runs forward by a page; answers whether there may be more. */
  async #bringForward(runs: LedRun[]): Promise<boolean> {
    const brought = await bringForward(this.#worker, runs, {
      onAdvance: ({ projection, checkpoint }) => this.#advance(projection.name, { checkpoint, failed: null }),
    });
    for (const [run, error] of brought.errors) {
      if (error instanceof Fenced) this.#led.delete(run.id);
      else this.#advance(run.projection.name, { checkpoint: run.checkpoint, failed: run.failed });
      const details = { err: error, projection: run.projection.name };
      if (error instanceof Fenced) this.#logger.info(details, 'A projection is led by another node');
      else this.#logger.error(details, 'A projection could not be brought up to date');
    }
    if (brought.failure !== undefined) throw brought.failure;
    return brought.more;
  }

  #advance(name: string, progress: Progress): void {
    this.#progress.set(name, progress);
    for (const waiter of this.#waiting) {
      if (waiter.name !== name) continue;
      if (waiter.sequence <= progress.checkpoint) waiter.settle(true);
      // Nobody waits for what will not come.
      else if (progress.failed !== null) waiter.settle(false);
    }
  }

  #isLed(name: string): boolean {
    return this.#ledRun(name) !== undefined;
  }

  #ledRun(name: string): LedRun | undefined {
    return [...this.#led.values()].find(({ projection }) => projection.name === name);
  }

  /** Looks how far those are that others lead, as long as somebody waits for one of them. */
  #watch(): void {
    this.#watching ??= this.#watchOthers().finally(() => (this.#watching = undefined));
  }

  async #watchOthers(): Promise<void> {
    for (;;) {
      const names = new Set([...this.#waiting].map(({ name }) => name).filter((name) => !this.#isLed(name)));
      if (names.size === 0 || this.#stopped) return;
      try {
        const others = this.projections.filter(({ name }) => names.has(name));
        for (const run of await this.answering.live(others))
          if (!this.#isLed(run.projection)) this.#advance(run.projection, run);
      } catch (error) {
        this.#logger.warn({ err: error }, 'It cannot be seen how far the projections are');
      }
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
  }
}
