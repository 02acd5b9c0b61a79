// The promises that the database keeps for the log, whoever connects to it: nothing changes, every row is chained to the
// one before, time never goes back, and old rows read in the words of today.
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { migrate } from '../src/database/migrate.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { readAfter, readHead, sequenceAt } from '../src/events/read-log.ts';
import { actor } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { holdLock } from './support/log-lock.ts';
import { append, item, type Item } from './support/log-append.ts';
import { chainHashOf, contentHashOf, faultsOf, rowsOf } from './support/log-hashes.ts';
import { openNode } from './support/log-node.ts';
import { correction, idOf, range, statement, submission } from './support/log-submissions.ts';

async function connected(t: Test, url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

async function emptyLog(t: Test) {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  return { url, db, log: { db, schema: 'log' }, client: await connected(t, url) };
}

t.test('the database itself refuses to change or remove what is recorded', async (t) => {
  const { db, client } = await emptyLog(t);
  await append(client, [item(1), item(2)]);
  const before = await rowsOf(db);
  const attempts = [
    `update log.event set content = '{}' where sequence = 1`,
    `update log.event set content = '{}' where false`,
    `update log.event_key set id = gen_random_uuid()`,
    `delete from log.event`,
    `delete from log.event_key where sequence = 2`,
    `truncate log.event`,
    `truncate log.event_key, log.event cascade`,
    `with gone as (delete from log.event returning *) select * from gone`,
    `merge into log.event e using (values (1)) v (sequence) on e.sequence = v.sequence when matched then delete`,
    `insert into log.event select * from log.event on conflict (sequence) do update set content = '{}'`,
    `insert into log.event_key select * from log.event_key on conflict (id) do update set version = 9`,
  ];
  for (const role of ['origin', 'replica', 'local']) {
    await client.query(`set session_replication_role = ${role}`);
    for (const attempt of attempts) {
      await t.rejects(client.query(attempt), { code: 'DM001', message: /append-only/ }, `${attempt}, as ${role}`);
    }
  }
  t.same(await rowsOf(db), before);
});

t.test('an event changed, removed or slipped in behind the database’s back is found at its sequence', async (t) => {
  const { db, client } = await emptyLog(t);
  await append(client, [item(1), item(2), item(3), item(4)]);
  t.same(await faultsOf(db), []);
  // Only the owner of the tables can do this, and has to say so.
  await client.query('alter table log.event disable trigger user');
  const after = async (change: string) => {
    await client.query('begin');
    await client.query(change);
    await client.query('commit');
    return faultsOf(db);
  };
  const wrong = '3 says something else than was sent';
  t.same(await after(`update log.event set occurred = '2024-11-16' where sequence = 3`), [wrong]);
  await after(`update log.event set occurred = '2024-11-15' where sequence = 3`);
  const displaced = '2 does not follow on what is before';
  t.same(await after(`update log.event set recorded_by = 'somebody else' where sequence = 2`), [displaced]);
  await after(`update log.event set recorded_by = 'the tests' where sequence = 2`);
  t.match(await after(`delete from log.event where sequence = 2`), ['1 is followed by 3', '3 does not follow on']);
});

t.test('content comes back as it was sent, and its hash is that of its canonical JSON', async (t) => {
  const { url, db, log } = await emptyLog(t);
  const node = await openNode(t, url);
  const texts = ['é ≠ é', '𝄞 and ', 'two\nlines\t"quoted" \\ \u2028 \u007f', ' '];
  const numbers = [0, -0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 0.1, -1.5, 9007199254740991, 1e16, 123456789.125];
  const odd = { '': 1, '\u20ac': 2, '\ud83d\ude00': 3, '\ufb33': 4, '1': 5, '10': 6, '2': 7, constructor: 8 };
  const nested = { z: [[], {}, null, true, false], a: { b: { c: [1, [2, [3]]] } } };
  const described = submission(1, actor('germany', 'state', { texts, numbers, odd, nested }));
  const attributed = submission(2, {
    ...statement('germany'),
    modality: 'reported',
    source: { title: 'A readout', language: 'de' },
    attribution: [{ label: 'a diplomat', record: 'anonymous' }],
    grade: { reliability: 'B', credibility: 2 },
    coding: { cameo: '012', codedBy: 'the tests' },
    correlationId: 'a batch',
    causationId: idOf(1),
  });
  await node.record(described, attributed);
  const read = await readAfter(log, 0, 2);
  for (const [place, { event, recordedBy }] of [described, attributed].entries()) {
    const { hash } = (await rowsOf(db))[place]!;
    const written = { sequence: place + 1, version: 1, recordedBy, hash: hash.toString('hex') };
    const { recorded, stream, ...rest } = read[place]!;
    t.strictSame(rest, { ...JSON.parse(JSON.stringify(event)), ...written });
    t.match({ recorded, stream }, { recorded: /^20..-..-..T..:..:..\.\d{3}Z$/, stream: /^(actor|statement)-/ });
  }
  const hashes = (await rowsOf(db)).map((row) => row.content_hash.toString('hex'));
  t.same(
    hashes,
    [described, attributed].map(({ event }) => contentHashOf(event)),
  );
  t.same(await faultsOf(db), []);
});

t.test('an append that could not see what was committed while it waited is refused', async (t) => {
  const { client } = await emptyLog(t);
  for (const level of ['repeatable read', 'serializable']) {
    await client.query(`begin isolation level ${level}`);
    await t.rejects(append(client, [item(1)]), { code: 'DM002' }, level);
    await client.query('rollback');
  }
  t.match(await append(client, [item(1)]), [{ outcome: 'recorded', sequence: 1 }]);
});

t.test('an atomic append that cannot be whole records nothing, and tells what stands in its way', async (t) => {
  const { db, client } = await emptyLog(t);
  await append(client, [item(1, { stream: 'one' })]);
  const told = async (items: Item[], known: number) =>
    (await append(client, items, { atomic: true, known })).map(({ outcome }) => outcome);
  const conflicting = item(3, { stream: 'one', expected: 0 });
  const outdated = item(4, { guards: ['one'] });
  t.same(await told([item(2), conflicting, item(4, { needs: [1] })], 1), [
    'not_recorded',
    'version_conflict',
    'not_recorded',
  ]);
  t.same(await told([item(2), conflicting, outdated], 0), ['not_recorded', 'version_conflict', 'not_recorded']);
  // What comes after an outdated decision may conflict only because of it.
  t.same(await told([item(2), outdated, conflicting], 0), ['stale', 'stale', 'stale']);
  t.equal((await rowsOf(db)).length, 1);
  t.same(await told([item(2), outdated], 1), ['recorded', 'recorded']);
});

/** Puts an event into the log as a server would whose clock shows another time. */
async function recordAt(db: Kysely<any>, recorded: string, draft: Item): Promise<void> {
  const before = (await rowsOf(db)).at(-1);
  const sequence = (before?.sequence ?? 0) + 1;
  const { id, stream, type, type_version, occurred, content, content_hash, recorded_by } = draft;
  const place = { sequence, id, stream, version: 1, type, type_version, corrects: null, occurred, content };
  const row = { ...place, content_hash: Buffer.from(content_hash, 'hex'), recorded, recorded_by };
  const hash = chainHashOf(row, before?.hash ?? Buffer.alloc(32));
  const log = db.withSchema('log');
  await log
    .insertInto('event')
    .values({ ...row, hash })
    .execute();
  await log.insertInto('event_key').values({ id, stream, version: 1, sequence }).execute();
}

t.test('recorded time stands still where the clock has gone back, until the clock has caught up', async (t) => {
  const { db, log, client } = await emptyLog(t);
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  await recordAt(db, inAnHour, item(1));
  await append(client, [item(2)]);
  await append(client, [item(3), item(4)]);
  t.same(
    (await readAfter(log, 0, 10)).map(({ recorded }) => recorded),
    [inAnHour, inAnHour, inAnHour, inAnHour],
  );
  t.same(await faultsOf(db), []);

  const other = await emptyLog(t);
  const aMomentAgo = new Date(Date.now() - 3_600_000).toISOString();
  await recordAt(other.db, aMomentAgo, item(1));
  const earliest = Date.now();
  await append(other.client, [item(2)]);
  const { recorded } = await readHead(other.log);
  t.ok(Date.parse(recorded!) >= earliest - 1 && Date.parse(recorded!) <= Date.now() + 1, 'the clock goes on');
});

t.test('the sequence at a moment is that of the last event recorded by then', async (t) => {
  const { db, log } = await emptyLog(t);
  t.equal(await sequenceAt(log, '2024-11-15T12:00:00Z'), 0, 'an empty log');
  const seconds = [10, 20, 20, 20, 30, 50, 50, 59];
  const at = (second: number) => `2024-11-15T12:00:${second}.000Z`;
  for (const [index, second] of seconds.entries()) await recordAt(db, at(second), item(index + 1));
  const expected: [string, number][] = [
    ['-infinity', 0],
    ['2024-11-15T12:00:09.999Z', 0],
    [at(10), 1],
    [at(15), 1],
    ['2024-11-15T12:00:19.999999Z', 1],
    [at(20), 4],
    ['2024-11-15T13:00:20+01:00', 4],
    [at(29), 4],
    [at(30), 5],
    [at(49), 5],
    [at(50), 7],
    [at(58), 7],
    [at(59), 8],
    ['2100-01-01T00:00:00Z', 8],
    ['infinity', 8],
  ];
  for (const [moment, sequence] of expected) t.equal(await sequenceAt(log, moment), sequence, moment);
});

t.test('two logs in one database are dense, chained and locked each for itself', async (t) => {
  const { url, db, client } = await emptyLog(t);
  await migrate(db, { schema: 'second' });
  const first = await openNode(t, url);
  const second = await openNode(t, url, { schema: 'second' });
  const post = (log: typeof first, number: number, name: string) =>
    log.record(submission(number, actor(`${name}-${number}`)));
  const numbers = range(1, 40);
  // The same ids in both: what is recorded in one log says nothing about the other.
  const outcomes = await Promise.all(
    numbers.flatMap((number) => [post(first, number, 'a'), post(second, number, 'b'), post(second, number + 40, 'b')]),
  );
  t.ok(outcomes.flat().every(({ status }) => status === 'recorded'));
  t.equal((await readHead(first.log)).sequence, 40);
  t.equal((await readHead(second.log)).sequence, 80);
  for (const schema of ['log', 'second']) t.same(await faultsOf(db, schema), [], schema);
  t.match(await first.record(submission(99, statement('b-1'))), [{ status: 'refused' }], 'an actor of the second log');

  await client.query('begin');
  await append(client, [item(100)]);
  t.match(await second.record(submission(101, actor('late'))), [{ status: 'recorded' }], 'while the first is locked');
  await client.query('commit');
  await t.rejects(client.query('truncate second.event'), { code: 'DM001' });
});

t.test('a log that has grown is partitioned by sequence without moving a row, and goes on', async (t) => {
  const { url, db, client } = await emptyLog(t);
  const node = await openNode(t, url);
  await node.record(submission(1, actor('germany', 'state')));
  const file = async (table: string) =>
    (await client.query(`select pg_relation_filenode('log.${table}') as node`)).rows[0].node;
  const before = await file('event');

  const beginning = await rowsOf(db);
  // A connection that has its plans for the table as it was.
  const other = await connected(t, url);
  await append(other, [item(2)]);
  const post = (number: number) => node.record(submission(number, statement('germany')));
  await Promise.all(range(10, 19).map(post));
  const lock = await holdLock(t, url);
  const growing = [post(20)];
  await lock.waiting(1);
  growing.push(...range(21, 39).map(post));
  await lock.waiting(2);
  // Whoever partitions the log holds its lock, as the appends do: those that wait go on in the new table.
  const boundary = 13;
  await client.query(`
    set local search_path to log;
    alter table event rename to event_first;
    create table event (like event_first including defaults including constraints including indexes) partition by range (sequence);
    alter table event attach partition event_first for values from (minvalue) to (${boundary});
    create table event_next partition of event for values from (${boundary}) to (maxvalue);
    create trigger event_append_only before update or delete or truncate on event for each statement execute function refuse_change();
    create trigger event_append_only before update or delete or truncate on event_next for each statement execute function refuse_change();
    alter table event enable always trigger event_append_only;
    alter table event_next enable always trigger event_append_only;
    create trigger event_only_redacted before update on event_next for each row execute function refuse_all_but_redaction();
    create constraint trigger event_redaction after insert on event_next deferrable initially deferred
      for each row when (new.type = 'EventRedacted') execute function redact();
    alter table event_next enable always trigger event_only_redacted;
    alter table event_next enable always trigger event_redaction;
    commit`);
  await lock.release();
  t.ok((await Promise.all(growing)).flat().every(({ status }) => status === 'recorded'));
  t.match(await append(other, [item(3)]), [{ outcome: 'recorded' }]);

  t.equal(await file('event_first'), before, 'the old rows are in the file they were in');
  const tables = await sql<{ name: string; first: number; last: number }>`
    select tableoid::regclass::text as name, min(sequence) as first, max(sequence) as last from log.event group by 1 order by 2`.execute(
    db,
  );
  t.match(tables.rows, [
    { name: 'log.event_first', first: 1, last: boundary - 1 },
    { name: 'log.event_next', first: boundary, last: 33 },
  ]);
  t.same(await faultsOf(db), []);
  t.match((await rowsOf(db)).slice(0, beginning.length), beginning);

  t.match(await node.record(submission(1, actor('germany', 'state'))), [
    { status: 'duplicate', event: { sequence: 1 } },
  ]);
  t.match(await append(client, [item(2, { occurred: '2024-11-16' })]), [{ outcome: 'id_reused' }]);
  const renamed = { type: 'ActorRenamed', occurred: '2024-11-15', data: { actor: 'germany', name: 'Germany' } };
  t.match(await node.record(submission(50, renamed, 1)), [{ status: 'recorded', event: { version: 2 } }]);
  for (const target of [10, 30]) {
    const data = { event: idOf(target), reason: 'It names a witness', legalBasis: 'A ruling' };
    const redacted = await node.record(
      submission(50 + target, { type: 'EventRedacted', occurred: '2024-11-16', data }),
    );
    t.match(redacted, [{ status: 'recorded' }], 'on both sides of the boundary');
  }
  t.equal((await rowsOf(db)).filter(({ content }) => 'redacted' in content).length, 2);
  t.same(await faultsOf(db), []);
  const twice = `insert into log.event_key (id, stream, version, sequence)
    select gen_random_uuid(), stream, version, sequence from log.event_key where sequence = 1`;
  await t.rejects(client.query(twice), { code: '23505', constraint: 'event_key_stream_version' });
  for (const table of ['event', 'event_first', 'event_next']) {
    await t.rejects(client.query(`delete from log.${table}`), { code: 'DM001' }, table);
    await t.rejects(client.query(`truncate log.${table}`), { code: 'DM001' }, table);
  }
});

const FIRST_VERSION = { participants: ['olaf-scholz', 'vladimir-putin'], channel: 'telephone', topic: 'the war' };
const TODAYS_VERSION = { participants: ['olaf-scholz', 'vladimir-putin'], channel: 'telephone', topics: ['the war'] };

/** A call as it was recorded when calls had one topic, and a correction from the same time. */
function oldCall(): Item[] {
  const stream = `call-${idOf(1)}`;
  const { type, occurred, data } = correction(1, { data: { ...FIRST_VERSION, topic: 'grain' } });
  return [
    item(1, { stream, type: 'CallHeld', content: { data: FIRST_VERSION } }),
    item(2, { stream, type, occurred, content: { data }, corrects: 'CallHeld@1' }),
  ];
}

t.test('what a former version wrote reads in today’s version, on every way out of the log', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(actor('olaf-scholz'), actor('vladimir-putin'));
  const client = await connected(t, demarche.url);
  const [written, corrected] = oldCall();
  await append(client, [written!]);

  const corrects = { data: { replacement: { data: { ...TODAYS_VERSION, topics: ['grain'] } } } };
  t.strictSame((await readAfter(demarche.log, 2, 1))[0]!.data, TODAYS_VERSION);
  t.strictSame((await demarche.get(`/v1/events/${idOf(1)}`)).body.data, TODAYS_VERSION);
  await append(client, [corrected!]);
  t.match((await readAfter(demarche.log, 3, 1))[0], corrects);

  const list = '/v1/events?type=CallHeld&minSequence=4';
  const read = async () => ({
    one: (await demarche.get(`/v1/events/${idOf(1)}`)).body.data,
    asKnown: (await demarche.get(`/v1/events/${idOf(1)}?knownAt=3`)).body.data,
    listed: (await demarche.get(list)).body.items.map(({ data }: { data: object }) => data),
    recorded: (await demarche.get(`${list}&order=recorded`)).body.items.map(({ data }: { data: object }) => data),
    correction: (await demarche.get(`/v1/events/${idOf(2)}`)).body.data.replacement.data,
  });
  const grain = { ...TODAYS_VERSION, topics: ['grain'] };
  const expected = {
    one: grain,
    asKnown: TODAYS_VERSION,
    listed: [grain],
    recorded: [TODAYS_VERSION],
    correction: grain,
  };
  t.strictSame(await read(), expected);
  t.match(await demarche.rebuild(['events']), { state: 'switched', comparison: { sequence: 4, equal: true } });
  t.strictSame(await read(), expected, 'and after a rebuild');

  const { rows } = await client.query('select type_version, content from log.event where sequence = 3');
  t.strictSame(rows, [{ type_version: 1, content: { data: FIRST_VERSION } }], 'the log itself is as it was');
  const retold = correction(1, { data: { ...TODAYS_VERSION, topics: ['prisoners'] } });
  t.match(
    (await demarche.post('/v1/events', retold)).body,
    { sequence: 5, version: 3 },
    'and is corrected as of today',
  );
  t.same((await demarche.get(`/v1/events/${idOf(1)}`)).body.data.topics, ['prisoners']);
});

t.test('what a newer version wrote is refused with its name, never guessed', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(actor('olaf-scholz'), actor('vladimir-putin'));
  const client = await connected(t, demarche.url);
  const [newer, correctsNewer] = oldCall();
  await append(client, [
    { ...newer!, type_version: 3 },
    { ...correctsNewer!, corrects: 'CallHeld@4' },
    item(3, { type: 'PlanetColonised' }),
    item(4, { content: { data: { speaker: 'olaf-scholz', summary: 'he spoke' } } }),
  ]);
  const refused = (type: string, version: number) => ({
    code: 'newer_than_this_code',
    message: new RegExp(`holds ${type} in version ${version}`),
  });
  await t.rejects(readAfter(demarche.log, 2, 1), refused('CallHeld', 3));
  await t.rejects(readAfter(demarche.log, 3, 1), refused('CallHeld', 4));
  await t.rejects(readAfter(demarche.log, 4, 1), refused('PlanetColonised', 1));

  const problem = { status: 500, body: { code: 'newer_than_this_code', detail: /Upgrade Demarche/ } };
  for (const number of [1, 2, 3]) t.match(await demarche.get(`/v1/events/${idOf(number)}`), problem);
  t.match(await demarche.get(`/v1/events/${idOf(4)}`), { status: 200, body: { sequence: 6 } });
  t.match(await demarche.get('/v1/log'), { status: 200, body: { sequence: 6 } });

  const answers = await Promise.all([
    demarche.post('/v1/events', { id: idOf(10), ...statement('olaf-scholz') }),
    demarche.post('/v1/events', { id: idOf(11), ...statement('olaf-scholz', { readoutOf: idOf(1) }) }),
    demarche.post('/v1/events', { id: idOf(12), ...statement('olaf-scholz') }),
  ]);
  t.match(answers, [{ status: 201 }, problem, { status: 201 }], 'and only what rests on it fails');
  demarche.projector.wake();
  const standing = await waitUntil(async () => {
    const { body } = await demarche.get('/v1/projections');
    return body.items.every(({ failed }: { failed: unknown }) => failed !== null) && body;
  }, 10_000);
  const failed = { sequence: 3, type: 'CallHeld', error: /holds CallHeld in version 3/ };
  t.match(standing, { items: [{}, {}, { name: 'events', checkpoint: 2, failed }], sequence: 8 });
  t.match(await demarche.rebuild(['events']), {
    state: 'failed',
    error: /^Event 3 \(CallHeld\) could not be applied: .* holds CallHeld in version 3/,
  });
});
