import type { NewEvent } from '../../src/domain/event.ts';
import { statement } from '../statements.ts';

/** How many events a second so many callers get done, each one event after the other. */
export async function rate(
  count: number,
  callers: number,
  work: (event: NewEvent) => Promise<unknown>,
): Promise<number> {
  const events = Array.from({ length: count }, statement);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let event = events.pop(); event; event = events.pop()) await work(event);
    }),
  );
  return (count / (performance.now() - started)) * 1000;
}
