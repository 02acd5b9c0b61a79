// Waits for a fact of the outside world that sends no notice of itself: a file, a process, a port.
import { setTimeout as pause } from 'node:timers/promises';

/** Asks every 10 ms until the answer is something other than undefined or false; undefined after `milliseconds`. */
export async function waitUntil<Fact>(
  ask: () => Fact | Promise<Fact>,
  milliseconds = Infinity,
): Promise<Exclude<Fact, undefined | false> | undefined> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const fact = await ask();
    if (fact !== undefined && fact !== false) return fact as Exclude<Fact, undefined | false>;
    if (performance.now() > deadline) return undefined;
    await pause(10);
  }
}
