// Whatever is posted, in whatever order, to whichever node: the log and every answer are what some order of recording the
// same events one by one would have given.
import * as fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import type { NewEvent, RecordedEvent } from '../src/domain/event.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { LogUnavailable } from '../src/events/log-unavailable.ts';
import { readAfter } from '../src/events/read-log.ts';
import { isInLog, type Outcome, type Submission } from '../src/events/submission.ts';
import { actor, office } from './support/cast.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { contentHashOf, faultsOf } from './support/log-hashes.ts';
import { openNode } from './support/log-node.ts';
import { LogState, misplaced } from './support/log-replay.ts';
import {
  call,
  correction,
  range,
  renaming,
  retraction,
  statement,
  statuses,
  submission,
} from './support/log-submissions.ts';

const ERAS = 12;
const WAVES = 6;

interface Post {
  node: number;
  atomic: boolean;
  items: Submission[];
}

interface Answered extends Post {
  /** Null where nobody knows: the database was away. */
  outcomes: Outcome[] | null;
}

/**
 * What is posted at once, several times over. Few slugs, few ids and few different events, so that everything meets
 * everything: the same event again, another of the same id, an actor that is not there any more.
 */
function postsOf(era: number): fc.Arbitrary<Post[]> {
  const slug = fc.integer({ min: 1, max: 4 }).map((number) => `actor-${era}-${number}`);
  const number = fc.integer({ min: 1, max: 30 }).map((small) => era * 100 + small);
  const occurred = fc.constantFrom('2024-11-14', '2024-11-15', '2025-11-15');
  const event = fc.oneof(
    slug.map((name) => actor(name)),
    fc.tuple(slug, slug).map(([name, represents]) => actor(name, 'organisation', { represents })),
    slug.map((name) => statement(name)),
    fc.tuple(slug, fc.constantFrom('one', 'two')).map(([name, other]) => renaming(name, other)),
    fc.tuple(slug, slug).map(([name, of]) => office('OfficeAssumed', name, 'head', of, '2020')),
    number.map(retraction),
    fc.tuple(number, occurred).map(([target, replaced]) => correction(target, { occurred: replaced })),
    fc.shuffledSubarray([1, 2, 3], { minLength: 3 }).map((numbers) => {
      const [one, two, initiator] = numbers.map((other) => `actor-${era}-${other}`);
      return call([one!, two!], { initiator });
    }),
  );
  const expected = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined, freq: 3 });
  const drafts = fc.array(fc.tuple(number, event, expected), { minLength: 4, maxLength: 12 });
  return drafts.chain((found) => {
    const item = fc.constantFrom(...found.map((draft) => submission(...draft)));
    const items = fc.array(item, { minLength: 1, maxLength: 5 });
    const distinct = fc.uniqueArray(item, { minLength: 1, maxLength: 5, selector: (one) => one.event.id });
    const node = fc.integer({ min: 0, max: 1 });
    const post = fc.oneof(
      fc.record({ node, atomic: fc.constant(false), items }),
      fc.record({ node, atomic: fc.constant(true), items: distinct }),
    );
    return fc.array(post, { minLength: 1, maxLength: 10 });
  });
}

/** The states of the log that an answer may have been given in, from before the question to after the last answer. */
function statesFrom(before: LogState, events: RecordedEvent[]): LogState[] {
  const states = [before];
  for (const event of events) states.push(states.at(-1)!.with(event));
  return states;
}

/** What is wrong with one answer, given every state of the log while it was worked out. */
function wrongWith({ items, outcomes, atomic }: Answered, states: LogState[], killing: boolean): string[] {
  const wrong: string[] = [];
  const held = new Map(states.at(-1)!.events.map((event) => [event.id, event]));
  const assumed: NewEvent[] = [];
  if (!outcomes) return [];
  for (const [place, outcome] of outcomes.entries()) {
    const { event, expectedVersion } = items[place]!;
    const recorded = held.get(event.id);
    const could = (possible: (state: LogState) => boolean) =>
      states.some((state) => {
        if (state.holds(event.id)) return false;
        const all = assumed.filter(({ id }) => !state.holds(id));
        const imagined = all.reduce(
          (next, earlier) => (next.violations(earlier).length ? next : next.assuming(earlier)),
          state,
        );
        return possible(imagined);
      });
    const holds = (condition: boolean, what: string) => condition || wrong.push(`item ${place}: ${what}`);
    if (isInLog(outcome)) {
      holds(recorded?.hash === outcome.event.hash, 'is not in the log');
      holds(recorded !== undefined && contentHashOf(event) === contentHashOf(asSent(recorded)), 'says something else');
      if (outcome.status === 'recorded' && expectedVersion !== undefined)
        holds(recorded?.version === expectedVersion + 1, 'was recorded in another version than expected');
    } else if (outcome.status === 'refused') {
      holds(
        could((state) => state.violations(event).length > 0),
        'was refused without need',
      );
    } else if (outcome.status === 'not_recorded') {
      assumed.push(event);
      holds(atomic, 'was not recorded for the sake of others');
    } else if (outcome.code === 'id_reused') {
      holds(recorded !== undefined && contentHashOf(event) !== contentHashOf(asSent(recorded)), 'reuses no id');
    } else {
      const conflicts = (state: LogState) =>
        state.violations(event).length === 0 && state.versionOf(state.streamFor(event)) !== expectedVersion;
      holds(could(conflicts), 'conflicts with nothing');
    }
  }
  // After a lost answer, who recorded an event that others posted at the same time cannot be told.
  if (killing) return wrong;
  const sequences = outcomes.flatMap((outcome) => (outcome.status === 'recorded' ? [outcome.event.sequence] : []));
  if (sequences.some((sequence, place) => sequence < (sequences[place - 1] ?? 0))) wrong.push('is out of order');
  const failed = outcomes.some((outcome) => !isInLog(outcome));
  if (atomic && failed && sequences.length > 0) wrong.push('is recorded in part');
  if (atomic && failed && statuses(outcomes).every((status) => ['not_recorded', 'duplicate'].includes(status)))
    wrong.push('is not recorded for no reason');
  return wrong;
}

/** What was said of an event that the log holds. */
function asSent(event: RecordedEvent): object {
  const { sequence: _, stream: __, version: ___, recorded: ____, recordedBy: _____, hash: ______, ...said } = event;
  return said;
}

/** Ends every connection of the nodes, whatever it is doing, and answers how many there were. */
async function killConnections(db: Kysely<any>): Promise<number> {
  const { rows } = await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'node'`.execute(db);
  return rows.length;
}

for (const killing of [false, true]) {
  const circumstance = killing ? ', also while connections are killed' : '';
  t.test(`the log and all answers agree with some order of one after the other${circumstance}`, async (t) => {
    const { url, db } = await freshDatabase<LogDatabase>(t);
    const log = { db, schema: 'log' };
    const nodes = [await openNode(t, url), await openNode(t, url)];
    const seen = new Set<string>();
    let before = new LogState();
    let killed = 0;
    for (const era of range(1, ERAS)) {
      for (const posts of fc.sample(postsOf(era), { numRuns: WAVES, seed: era })) {
        const asked = posts.map(async (post): Promise<Answered> => {
          const answer = nodes[post.node]!.recorder.record(post.items, { atomic: post.atomic });
          return { ...post, outcomes: await (killing ? answer.catch(unlessUnavailable) : answer) };
        });
        if (killing) killed += await killConnections(db);
        const answered = await Promise.all(asked);
        const added = await readAfter(log, before.events.length, 1_000);
        const states = statesFrom(before, added);
        const told = answered.flatMap(({ outcomes }) => outcomes ?? []);
        const acknowledged = told.flatMap((one) => (one.status === 'recorded' ? [one.event.id] : []));
        const unheard = answered.flatMap(({ outcomes, items }) => (outcomes ? [] : items)).map(({ event }) => event.id);
        const ids = added.map(({ id }) => id);
        t.same(
          {
            wrong: answered.flatMap((answer) => wrongWith(answer, states, killing)),
            misplaced: misplaced(added, before),
            lost: acknowledged.filter((id) => !ids.includes(id)),
            doubled: killing ? [] : acknowledged.filter((id, place) => acknowledged.indexOf(id) < place),
            unacknowledged: ids.filter((id) => !acknowledged.includes(id) && !unheard.includes(id)),
          },
          { wrong: [], misplaced: [], lost: [], doubled: [], unacknowledged: [] },
          JSON.stringify(posts),
        );
        before = states.at(-1)!;
        for (const { outcomes } of answered) for (const status of statuses(outcomes ?? [])) seen.add(status);
      }
    }
    t.same(await faultsOf(db), []);
    const every = ['duplicate', 'id_reused', 'not_recorded', 'recorded', 'refused', 'version_conflict'];
    t.same([...seen].toSorted(), every, 'every kind of answer was given');
    t.ok(!killing || killed >= ERAS * WAVES, 'and connections were killed in every wave');
  });
}

function unlessUnavailable(error: unknown): null {
  if (error instanceof LogUnavailable) return null;
  throw error;
}
