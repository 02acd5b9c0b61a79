// What was written in the words of a former version is read in those of today, on every way out of the log.
import assert from 'node:assert/strict';
import t from 'tap';
import type { RecordedEvent } from '../src/domain/event.ts';
import type { Fact } from '../src/domain/fact.ts';
import { appendGroup } from '../src/events/append-group.ts';
import type { LogStore } from '../src/events/log-database.ts';
import { readAfter } from '../src/events/read-log.ts';
import { defineProjection, type Projection } from '../src/projections/projection.ts';
import { projections } from '../src/projections/every-projection.ts';
import { ReadModel } from '../src/projections/read-model.ts';
import { table, textList } from '../src/projections/table.ts';
import { CAST } from './support/cast.ts';
import { follow } from './support/follow.ts';
import { idOf } from './support/oracle-log.ts';
import { DEADLINE, freshLog, rebuildOf, startNode } from './support/replay-node.ts';

/** Version 1 of a call had one topic, as text. */
const former = { participants: ['olaf-scholz', 'vladimir-putin'], topic: 'the war' };
const { topic: _, ...rest } = former;

/** What a former Demarche has written, as it wrote it. */
async function appendFormer(log: LogStore, known: number): Promise<number> {
  const item = {
    stream: 'call-1',
    typeVersion: 1,
    occurred: '2024-11-15',
    recordedBy: 'a former version',
    expected: null,
    guards: [],
    needs: [],
    contentHash: '00'.repeat(32),
  };
  const call = { ...item, id: idOf(1), type: 'CallHeld', corrects: null, content: JSON.stringify({ data: former }) };
  const replacement = { data: { ...former, topic: 'grain' } };
  const correction = {
    ...item,
    id: idOf(2),
    type: 'EventCorrected',
    corrects: 'CallHeld@1',
    content: JSON.stringify({ data: { event: idOf(1), reason: 'Another topic', replacement } }),
  };
  await appendGroup(log, [call], known, false);
  await appendGroup(log, [correction], known + 1, false);
  return known + 2;
}

const NOW = { ...rest, topics: ['grain'] };
const BEFORE = { ...rest, topics: ['the war'] };

/** A read model of the topics themselves: what its handler is given stands in its table. */
const topics = defineProjection({
  name: 'topics',
  version: 1,
  tables: { topic: table({ topics: textList }) },
  handlers: {
    CallHeld: (fact: Fact) => {
      // In today's words alone.
      assert.equal('topic' in fact.data, false);
      return { topic: [{ topics: fact.data['topics'] as string[] }] };
    },
  },
}) as unknown as Projection;

t.test('an event of a former version is in the words of today wherever it is read', async (t) => {
  const place = await freshLog(t);
  const { log } = place;
  const node = await startNode(t, place, [...projections, topics]);
  const known = await node.record(...CAST);
  const server = await node.app.listen({ port: 0, host: '127.0.0.1' });
  const atTheHead = await follow(t, server);
  await atTheHead.until(({ sent }) => sent.length === 1);
  const last = await appendFormer(log, known);
  node.projector.wake();
  node.feed.wake();
  for (const { name } of [...projections, topics]) t.ok(await node.projector.reaches(name, last, DEADLINE), name);

  const rowsOf = async (rebuild: number | null) => {
    const model = new ReadModel<any>({ runs: node.projector.answering, rebuild }, topics);
    const { found } = await model.ask({ found: model.tables.selectFrom('topic').selectAll().orderBy('known_from') });
    return found.map((row: any) => [row.topics, row.known_from, row.known_until]);
  };
  const accounts = [
    [['the war'], last - 1, last],
    [['grain'], last, null],
  ];
  /** Everything that the API says about the call, with a parameter added. */
  const said = async (added: string) => {
    const read = async (path: string) => {
      const { status, body } = await node.get(`${path}${added}`);
      t.equal(status, 200, `${path}${added}`);
      t.notMatch(JSON.stringify(body), /"topic":/, path);
      return body;
    };
    const items = async (path: string) => (await read(path)).items;
    return {
      list: (await items('/v1/events?type=CallHeld')).map(({ data }: any) => data),
      recorded: (await items('/v1/events?order=recorded&limit=1000')).slice(-2).map(({ data }: any) => data),
      contacts: await items('/v1/contacts?between=olaf-scholz,vladimir-putin'),
      encounters: await items('/v1/encounters?limit=10'),
      evidence: await items('/v1/evidence?type=CallHeld'),
      relations: await items('/v1/relations/germany/russia/events?limit=10'),
    };
  };

  await t.test('in single events', async (t) => {
    const { body } = await node.get(`/v1/events/${idOf(1)}`);
    t.same(body.data, NOW);
    t.same(body.about[0].data.replacement, { data: NOW });
    t.same((await node.get(`/v1/events/${idOf(1)}?knownAt=${last - 1}`)).body.data, BEFORE);
    t.same((await node.get(`/v1/events/${idOf(2)}`)).body.data.replacement, { data: NOW });
  });

  await t.test('in the log as it is exported, in the order of recording', async (t) => {
    const { recorded } = await said('');
    t.same(recorded[0], BEFORE);
    t.same(recorded[1].replacement, { data: NOW });
    const read: RecordedEvent[] = await readAfter(log, known, 10);
    t.same(
      read.map(({ data }) => data),
      recorded,
    );
  });

  await t.test('in the feed, as it is recorded and from the log', async (t) => {
    for (const follower of [atTheHead, await follow(t, server, `?afterSequence=${known}`)]) {
      await follower.until(({ sent }) => sent.length === 3);
      const [call, correction] = follower.events();
      t.same(call.data, BEFORE);
      t.same(correction.data.replacement, { data: NOW });
    }
  });

  const live = await said('');
  await t.test('in live read models', async (t) => {
    t.same(live.list, [NOW]);
    t.same((await said(`&knownAt=${last - 1}`)).list, [BEFORE]);
    for (const { length } of [live.contacts, live.encounters, live.evidence, live.relations]) t.equal(length, 1);
    t.same(await rowsOf(null), accounts);
  });

  await t.test('in a rebuild', async (t) => {
    t.match(await rebuildOf(node, 'all'), { state: 'switched', error: null, comparison: { equal: true } });
    t.same(await said(''), live);
    t.same(await rowsOf(null), accounts);
  });

  await t.test('in a what-if', async (t) => {
    const whole = await rebuildOf(node, 'all', { until: last });
    t.same(await said(`&projectionRun=${whole.id}`), live);
    t.same(await rowsOf(whole.id), accounts);
    const uncorrected = await rebuildOf(node, 'all', { leaveOut: { events: [idOf(2)] } });
    t.same((await said(`&projectionRun=${uncorrected.id}`)).list, [BEFORE]);
    t.same(await rowsOf(uncorrected.id), [[['the war'], last - 1, null]]);
  });

  t.same(node.errors, []);
});
