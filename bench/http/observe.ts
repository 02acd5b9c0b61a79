// Loaded into a server that is measured: tells the benchmark, when asked, what it has cost since it was asked before.
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Cost {
  /** Seconds of a processor. */
  cpu: number;
  /** Megabytes held now. */
  megabytes: number;
  /** Milliseconds that the event loop was kept from its turn, at most in 99 of 100 turns, and at most at all. */
  pause: { p99: number; longest: number };
}

const RESOLUTION_MS = 1;

const pauses = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
pauses.enable();
let before = process.cpuUsage();

process.on('message', () => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  const milliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const cost: Cost = {
    cpu: (user + system) / 1e6,
    megabytes: process.memoryUsage.rss() / 1e6,
    pause: { p99: milliseconds(pauses.percentile(99)), longest: milliseconds(pauses.max) },
  };
  pauses.reset();
  process.send!(cost);
});
// The channel alone does not keep a server alive.
process.channel?.unref();
