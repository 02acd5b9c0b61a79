// The promises of the log under many writers at once, on many connections, in several processes, on several nodes.
import path from 'node:path';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import type { LogDatabase } from '../src/events/log-database.ts';
import { readAfter, readHead } from '../src/events/read-log.ts';
import type { Outcome } from '../src/events/submission.ts';
import { actor, office } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { append, item } from './support/log-append.ts';
import { faultsOf } from './support/log-hashes.ts';
import { holdLock } from './support/log-lock.ts';
import { openNode } from './support/log-node.ts';
import { misplaced } from './support/log-replay.ts';
import {
  call,
  correction,
  idOf,
  range,
  retraction,
  statement,
  statuses,
  submission,
} from './support/log-submissions.ts';
import type { Acknowledged, Order } from './support/log-writer.ts';
import { outcome, startNode } from './support/start-node.ts';

const WRITER = path.join(import.meta.dirname, 'support/log-writer.ts');

async function writeInAnotherProcess(order: Order): Promise<Acknowledged[]> {
  const { code, output, complaint } = await outcome(startNode([WRITER, JSON.stringify(order)]));
  if (code !== 0) throw new Error(complaint);
  return JSON.parse(output) as Acknowledged[];
}

t.test('a reader that polls for what follows sees every event once, in the order of commits', async (t) => {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  const log = { db, schema: 'log' };
  let writing = true;
  const processes = Promise.all(
    [range(1, 8), range(9, 16)].map((writers) => writeInAnotherProcess({ url, writers, appends: 40 })),
  ).finally(() => (writing = false));

  const seen: { id: string; sequence: number; stream: string; version: number }[] = [];
  let glimpses = 0;
  for (let last = false; !last;) {
    // Once more after the last writer is done: what it committed must be there.
    last = !writing;
    const page = await readAfter(log, seen.at(-1)?.sequence ?? 0, 10_000);
    seen.push(...page);
    if (page.length > 0) glimpses++;
  }
  const acknowledged = (await processes).flat().toSorted((a, b) => a.sequence - b.sequence);

  t.ok(glimpses > 20, `the reader looked on while they wrote (${glimpses} times)`);
  t.ok(acknowledged.length > 1_000, `and they wrote (${acknowledged.length} events)`);
  t.strictSame(
    seen.map(({ sequence }) => sequence),
    range(1, acknowledged.length),
    'dense, in order, none twice',
  );
  t.strictSame(
    seen.map(({ id, stream, version }) => ({ id, stream, version })),
    acknowledged.map(({ number, stream, version }) => ({ id: idOf(number), stream, version })),
    'what was acknowledged and nothing else, where it was said to be',
  );
  let earliestAnswer = Infinity;
  const overtaken = acknowledged.toReversed().filter(({ sent, answered }) => {
    const tooEarly = sent > earliestAnswer;
    earliestAnswer = Math.min(earliestAnswer, answered);
    return tooEarly;
  });
  t.same(overtaken, [], 'none was sent after a later one had been answered');
  t.same(await faultsOf(db), []);
});

async function connections(t: Test, url: string, count: number): Promise<Client[]> {
  const clients = range(1, count).map(() => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  t.teardown(() => Promise.all(clients.map((client) => client.end())));
  return clients;
}

t.test('of twenty writers that expect the same version of a stream, one records and the others are told', async (t) => {
  const { url, db } = await freshDatabase(t);
  const clients = await connections(t, url, 20);
  const race = async (first: number, more: object) =>
    (await Promise.all(clients.map((client, place) => append(client, [item(first + place, more)])))).flat();

  const opening = await race(100, { stream: 'one', expected: 0 });
  t.same(
    opening.filter((result) => result.outcome === 'recorded').map(({ version }) => version),
    [1],
  );
  const losers = opening.filter((result) => result.outcome === 'version_conflict');
  t.same(
    losers.map(({ version }) => version),
    range(1, 19).map(() => 1),
    'with the version there is',
  );

  const second = await race(200, { stream: 'one', expected: 1 });
  t.equal(second.filter((result) => result.outcome === 'recorded').length, 1);
  t.equal(second.filter((result) => result.outcome === 'version_conflict' && result.version === 2).length, 19);
  t.ok((await race(300, { stream: 'one', expected: 1 })).every((result) => result.outcome === 'version_conflict'));
  t.ok((await race(400, { stream: 'none', expected: 1 })).every((result) => result.outcome === 'version_conflict'));

  const whatever = await race(500, { stream: 'one' });
  t.ok(
    whatever.every((result) => result.outcome === 'recorded'),
    'who expects nothing always records',
  );
  t.same(
    whatever.map(({ version }) => version).toSorted((a, b) => a - b),
    range(3, 22),
  );
  t.same(await faultsOf(db), []);
});

/** Two nodes on one log, and a lock that decides when their appends come through. */
async function twoNodes(t: Test, ...cast: object[]) {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  const a = await openNode(t, url);
  await a.record(...cast.map((event, place) => submission(place + 1, event)));
  const b = await openNode(t, url);
  return { url, log: { db, schema: 'log' }, a, b };
}

/** Both nodes have decided, on the same knowledge, before either may append; the first to have decided appends first. */
async function bothDecided(t: Test, url: string, first: () => Promise<Outcome[]>, second: () => Promise<Outcome[]>) {
  const lock = await holdLock(t, url);
  const one = first();
  await lock.waiting(1);
  const other = second();
  await lock.waiting(2);
  await lock.release();
  return Promise.all([one, other]);
}

t.test('an actor that two nodes register at once is registered once', async (t) => {
  const { url, log, a, b } = await twoNodes(t);
  const [won, lost] = await bothDecided(
    t,
    url,
    () => a.record(submission(10, actor('nato'))),
    () => b.record(submission(11, actor('nato', 'organisation'))),
  );
  t.same(statuses(won), ['recorded']);
  const taken = { pointer: '/data/actor', found: '"nato", which is registered already' };
  t.match(lost, [{ status: 'refused', violations: [taken] }]);
  t.equal((await readHead(log)).sequence, 1);

  for (const round of range(20, 29)) {
    const both = await Promise.all(
      [a, b].map((node, place) => node.record(submission(round * 10 + place, actor(`a-${round}`)))),
    );
    t.same(statuses(both.flat()).toSorted(), ['recorded', 'refused']);
  }
});

t.test('an event that two nodes retract at once is retracted once', async (t) => {
  const { url, log, a, b } = await twoNodes(t, actor('germany', 'state'), statement('germany'));
  const [won, lost] = await bothDecided(
    t,
    url,
    () => b.record(submission(10, retraction(2))),
    () => a.record(submission(11, retraction(2))),
  );
  t.same(statuses(won), ['recorded']);
  t.match(lost, [{ status: 'refused', violations: [{ pointer: '/data/event', found: /retracted by event 3/ }] }]);
  t.equal((await readHead(log)).sequence, 3);
});

t.test('what one node has recorded, the other knows at its next event', async (t) => {
  const { a, b } = await twoNodes(t);
  for (const round of range(1, 10)) {
    const [node, other] = round % 2 ? [a, b] : [b, a];
    await node.record(submission(round * 10, actor(`a-${round}`)), submission(round * 10 + 1, statement(`a-${round}`)));
    const outcomes = await other.record(
      submission(round * 10 + 2, statement(`a-${round}`)),
      submission(round * 10 + 3, retraction(round * 10 + 1)),
    );
    t.same(statuses(outcomes), ['recorded', 'recorded']);
  }
});

t.test('an event is refused where the other node has taken away what it rests on', async (t) => {
  const { url, a, b } = await twoNodes(t, actor('germany', 'state'), actor('olaf-scholz'), statement('germany'));
  const [first, speech] = await bothDecided(
    t,
    url,
    () => a.record(submission(10, retraction(2))),
    () => b.record(submission(11, statement('germany')), submission(12, statement('olaf-scholz'))),
  );
  t.same(statuses(first), ['recorded']);
  t.same(statuses(speech), ['recorded', 'refused']);
  t.match(speech[1], { violations: [{ pointer: '/data/speaker', found: '"olaf-scholz"' }] });

  const [, whole] = await bothDecided(
    t,
    url,
    () => a.record(submission(20, retraction(3))),
    () => b.recordAll(submission(21, statement('germany')), submission(22, correction(3, { occurred: '2024-11-14' }))),
  );
  t.same(statuses(whole), ['not_recorded', 'refused']);
});

t.test('a decision rests on everything it looked at, not only on what the event names', async (t) => {
  const { url, a, b } = await twoNodes(
    t,
    actor('russia', 'state'),
    actor('kremlin', 'organisation', { represents: 'russia' }),
    actor('vladimir-putin'),
    actor('olaf-scholz'),
    office('OfficeAssumed', 'vladimir-putin', 'President', 'kremlin', '2012-05-07'),
  );
  // He speaks for Russia only by way of the Kremlin, which the call does not name.
  const initiated = call(['vladimir-putin', 'olaf-scholz'], { initiator: 'russia' });
  const apart = correction(2, { data: { actor: 'kremlin', kind: 'organisation', name: 'kremlin' } });
  const [corrected, held] = await bothDecided(
    t,
    url,
    () => a.record(submission(10, apart)),
    () => b.record(submission(11, initiated)),
  );
  t.same(statuses(corrected), ['recorded']);
  t.match(held, [{ status: 'refused', violations: [{ pointer: '/data/initiator', found: '"russia"' }] }]);

  const together = correction(2, {
    data: { actor: 'kremlin', kind: 'organisation', name: 'kremlin', represents: 'russia' },
  });
  const sameBatch = await b.record(submission(12, together, 9), submission(13, initiated));
  t.same(statuses(sameBatch), ['version_conflict', 'refused'], 'also where a neighbour was to bring it and failed');
});

for (const where of ['another node', 'the same node']) {
  t.test(`the same events, recorded on ${where} in the midst of it all, are recorded once`, async (t) => {
    const { log, a, b } = await twoNodes(t, actor('germany', 'state'));
    const other = where === 'another node' ? a : b;
    let interrupted = true;
    for (let moment = 1; interrupted; moment++) {
      const number = moment * 10;
      await b.record(submission(number, statement('germany')));
      // Each of them, once recorded, would be refused if it came again under another id.
      const events = [submission(number + 1, retraction(number)), submission(number + 2, actor(`a-${moment}`))];
      let outcomes: Outcome[] = [];
      let before: Outcome[] = [];
      interrupted = await b.interrupted(
        moment,
        async () => void (before = await other.record(...events)),
        // The first makes the node look twice.
        async () => void (outcomes = await b.record(submission(number + 3, statement('nobody')), ...events)),
      );
      const told = [outcomes.slice(1), interrupted ? before : await other.record(...events)];
      const both = told.map((answer) => statuses(answer).join(', ')).toSorted();
      t.same(both, ['duplicate, duplicate', 'recorded, recorded'], `after query ${moment}`);
      t.ok(moment > 4 || interrupted, 'at every moment there is');
    }
    t.same(misplaced(await readAfter(log, 0, 1_000)), []);
  });
}

t.test('an atomic batch is whole at whatever moment another node takes away what it rests on', async (t) => {
  const { log, a, b } = await twoNodes(t, actor('germany', 'state'));
  let interrupted = true;
  for (let moment = 1; interrupted; moment++) {
    const number = moment * 10;
    await a.record(submission(number, actor(`a-${moment}`)), submission(number + 1, statement('germany')));
    const batch = [
      submission(number + 2, statement('germany')),
      submission(number + 3, correction(number + 1, { occurred: '2024-11-14' })),
      submission(number + 4, statement(`a-${moment}`)),
    ];
    let told: string[] = [];
    interrupted = await b.interrupted(
      moment,
      async () =>
        void (await a.record(
          submission(number + 5, retraction(number)),
          submission(number + 6, retraction(number + 1)),
        )),
      async () => void (told = statuses(await b.recordAll(...batch))),
    );
    const whole = told.every((status) => status === 'recorded');
    t.same(
      told,
      whole ? ['recorded', 'recorded', 'recorded'] : ['not_recorded', 'refused', 'refused'],
      `after query ${moment}`,
    );
    t.ok(moment > 4 || interrupted, 'at every moment there is');
    const held = new Set((await readAfter(log, 0, 1_000)).map(({ id }) => id));
    t.same(new Set(batch.map(({ event }) => held.has(event.id))), new Set([whole]));
  }
  t.same(misplaced(await readAfter(log, 0, 1_000)), []);
});
