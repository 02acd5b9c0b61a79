// A fault tried a few times within the suite; `npm run faults` tries it often.
import type { Test } from 'tap';
import type { Stage } from '../../faults/stage.ts';
import type { Fault } from '../../faults/trial.ts';
import { freshDatabase } from './fresh-database.ts';

/** Tries a fault, and asserts that everything acknowledged is in the log once, and nothing else is amiss. */
export async function tryFault(t: Test, fault: Fault, { times, posts }: Pick<Stage, 'times' | 'posts'>): Promise<void> {
  const stage: Stage = {
    teardown: (undo) => t.teardown(undo),
    database: async () => (await freshDatabase(t)).url,
    times,
    posts,
  };
  const trial = await fault.run(stage);
  if (typeof trial === 'string') throw new Error(`${fault.name} was not tried: ${trial}`);
  t.match(trial, { tried: times, lost: 0, doubled: 0, wrong: [] }, fault.what);
  t.ok(trial.acknowledged >= posts, `${trial.acknowledged} events were acknowledged`);
}
