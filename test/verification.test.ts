// Whatever is changed behind the log's back is found at its exact sequence, by whoever walks the chain.
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import type { LogDatabase, LogStore } from '../src/events/log-database.ts';
import { readHead } from '../src/events/read-log.ts';
import { BEGINNING, verifyLog, type TrustedHead, type Verified } from '../src/events/verify-log.ts';
import { startDemarche } from './support/demarche.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { append, item } from './support/log-append.ts';
import { chainHashOf, contentHashOf, rowsOf } from './support/log-hashes.ts';
import { range } from './support/log-submissions.ts';
import { outcome, startNode } from './support/start-node.ts';

const SIZE = 12;
/** Large enough for the whole log of a test. */
const ALL = 1_000_000;

/** A log of twelve events in three streams: 1, 4, 7, 10 in one of them, and so on. */
async function shortLog(t: Test): Promise<{ url: string; log: LogStore; heads: TrustedHead[] }> {
  const { url, db } = await freshDatabase<LogDatabase>(t);
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const number of range(1, SIZE)) {
    const content = { data: { speaker: 'germany', summary: `Statement ${number}` } };
    await append(client, [item(number, { stream: `stream-${number % 3}`, content })]);
  }
  await client.end();
  const heads = (await rowsOf(db)).map(({ sequence, hash }) => ({ sequence, hash: hash.toString('hex') }));
  return { url, log: { db, schema: 'log' }, heads };
}

class Undone extends Error {}

/** What a verification finds after a change that only the owner of the tables can make; the change is undone. */
async function afterChange(
  { db, schema }: LogStore,
  change: (db: Kysely<any>) => Promise<unknown>,
  trusted: TrustedHead = BEGINNING,
): Promise<Verified> {
  let found: Verified | undefined;
  const trying = db.transaction().execute(async (transaction) => {
    await sql`alter table log.event disable trigger user; alter table log.event_key disable trigger user`.execute(
      transaction,
    );
    await change(transaction);
    found = await verifyLog({ db: transaction, schema }, trusted, ALL);
    throw new Undone();
  });
  await trying.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return found!;
}

const statement = (text: string) => (db: Kysely<any>) => sql.raw(text).execute(db);

t.test('a log as it was recorded holds, from the beginning and from any of its heads', async (t) => {
  const { log, heads } = await shortLog(t);
  const whole = { verified: heads.at(-1), head: SIZE, fault: null };
  t.same(await verifyLog(log, BEGINNING, ALL), whole);
  for (const head of heads) t.same(await verifyLog(log, head, ALL), whole, `after ${head.sequence}`);
  let verified = BEGINNING;
  for (const last of [5, 10, SIZE]) {
    ({ verified } = await verifyLog(log, verified, 5));
    t.same(verified, heads[last - 1], 'so many at a time');
  }
  const empty = await freshDatabase<LogDatabase>(t);
  t.same(await verifyLog({ db: empty.db, schema: 'log' }, BEGINNING, ALL), {
    verified: BEGINNING,
    head: 0,
    fault: null,
  });
});

t.test('a change of anything in a row is found at its sequence, with what does not hold there', async (t) => {
  const { log, heads } = await shortLog(t);
  const changes: [change: string, checks: string[]][] = [
    [`content = jsonb_set(content, '{data,summary}', '"Another"')`, ['content']],
    [`content = content || '{"modality": "planned"}'`, ['content']],
    [`content = '{"redacted": 12}'`, ['redaction']],
    [`content = '{"redacted": "x"}'`, ['redaction']],
    [`occurred = '2024-11-16'`, ['content']],
    [`type = 'DemandStated'`, ['content']],
    // The content says what the columns had said.
    [`occurred = '2024-11-16', content = content || jsonb_build_object('occurred', occurred)`, ['content']],
    [`type = 'DemandStated', content = content || jsonb_build_object('type', type)`, ['content']],
    [`content = '"a text"'`, ['content']],
    [`content = '1e999'`, ['content']],
    [`recorded = '0044-03-15 12:00:00+00 BC'`, ['recorded', 'chain']],
    [`id = gen_random_uuid()`, ['key', 'content']],
    [`recorded_by = 'somebody else'`, ['chain']],
    [`stream = 'stream-9'`, ['key', 'version', 'chain']],
    [`version = 4`, ['key', 'version', 'chain']],
    [`type_version = 2`, ['chain']],
    [`corrects = 'CallHeld@1'`, ['chain']],
    [`recorded = recorded - interval '1 hour'`, ['recorded', 'chain']],
    [`recorded = recorded + interval '1 microsecond'`, ['recorded', 'chain']],
    [`recorded = recorded + interval '1 hour'`, ['chain']],
    [`content_hash = sha256('x')`, ['content', 'chain']],
    [`hash = set_bit(hash, 100, 1 - get_bit(hash, 100))`, ['chain']],
  ];
  for (const [change, checks] of changes) {
    for (const sequence of [7, SIZE]) {
      if (change.startsWith('version') && sequence === SIZE) continue;
      const found = await afterChange(log, statement(`update log.event set ${change} where sequence = ${sequence}`));
      t.same(found.fault, { sequence, checks }, change);
      t.same(found.verified, heads[sequence - 2], 'and everything before it holds');
    }
  }
  t.same((await verifyLog(log, BEGINNING, ALL)).fault, null, 'all of it was undone');
});

t.test('rows that were swapped, removed or slipped in are found at the first of them', async (t) => {
  const { log, heads } = await shortLog(t);
  const swapped = await afterChange(log, async (db) => {
    // Their places alone, with the keys: what is between them stays.
    for (const [from, to] of [
      [4, 99],
      [9, 4],
      [99, 9],
    ]) {
      await sql`update log.event set sequence = ${to} where sequence = ${from}`.execute(db);
      await sql`update log.event_key set sequence = ${to} where sequence = ${from}`.execute(db);
    }
  });
  t.match(swapped.fault, { sequence: 4, checks: ['version', 'chain'] });

  const removed = (where: string) => async (db: Kysely<any>) => {
    await sql.raw(`delete from log.event where ${where}; delete from log.event_key where ${where}`).execute(db);
  };
  t.same((await afterChange(log, removed('sequence = 6'))).fault, { sequence: 6, checks: ['sequence'] });
  t.same((await afterChange(log, removed('sequence <= 2'))).fault, { sequence: 1, checks: ['sequence'] });
  t.same((await afterChange(log, statement('delete from log.event where sequence = 6'))).fault?.sequence, 6);

  const closed = await afterChange(log, async (db) => {
    await removed('sequence = 6')(db);
    for (const table of ['event', 'event_key'])
      for (const sequence of range(7, SIZE))
        await sql.raw(`update log.${table} set sequence = ${sequence - 1} where sequence = ${sequence}`).execute(db);
  });
  t.match(closed.fault, { sequence: 6, checks: ['chain'] }, 'also where the gap was closed');

  const slippedIn = await afterChange(log, async (db) => {
    for (const table of ['event', 'event_key'])
      for (const sequence of range(6, SIZE).toReversed())
        await sql.raw(`update log.${table} set sequence = ${sequence + 1} where sequence = ${sequence}`).execute(db);
    const rows = await rowsOf(db);
    const { id, stream } = item(77, { stream: 'stream-77' });
    const said = { ...rows[4]!, id, stream, sequence: 6, version: 1 };
    const { type, occurred, content } = said;
    const told = { ...said, content_hash: Buffer.from(contentHashOf({ id, type, occurred, ...content }), 'hex') };
    const row = { ...told, hash: chainHashOf(told, rows[4]!.hash) };
    await db.withSchema('log').insertInto('event').values(row).execute();
    await db.withSchema('log').insertInto('event_key').values({ id, stream, version: 1, sequence: 6 }).execute();
  });
  t.same(
    slippedIn.fault,
    { sequence: 7, checks: ['chain'] },
    'the forged event holds; what follows does not follow on it',
  );
  t.same(slippedIn.verified.sequence, 6);
  t.same((await verifyLog(log, heads[5]!, ALL)).fault, null);
});

t.test('a log whose end was cut off, or that was written anew, is found by a head that was kept', async (t) => {
  const { log, heads } = await shortLog(t);
  const cut = async (db: Kysely<any>) => {
    await sql`delete from log.event where sequence > 9; delete from log.event_key where sequence > 9`.execute(db);
  };
  t.same((await afterChange(log, cut)).fault, null, 'by itself it looks whole');
  t.same((await afterChange(log, cut, heads.at(-1))).fault, { sequence: 10, checks: ['sequence'] });
  t.same((await afterChange(log, cut, heads[8])).fault, null, 'what was there before has stayed');

  const rewritten = async (db: Kysely<any>) => {
    let before: Buffer = Buffer.alloc(32);
    for (const row of await rowsOf(db)) {
      const told = row.sequence < 5 ? row : { ...row, recorded_by: 'somebody else' };
      before = chainHashOf(told, before);
      await sql`update log.event set recorded_by = ${told.recorded_by}, hash = ${before} where sequence = ${row.sequence}`.execute(
        db,
      );
    }
  };
  t.same((await afterChange(log, rewritten)).fault, null, 'by itself it looks whole');
  t.same((await afterChange(log, rewritten, heads[8])).fault, { sequence: 9, checks: ['head'] });
  t.same((await afterChange(log, rewritten, heads[3])).fault, null);
  const other = { sequence: 9, hash: 'ab'.repeat(32) };
  t.same((await verifyLog(log, other, ALL)).fault, { sequence: 9, checks: ['head'] });
});

t.test('keys without an event, events without a key and keys that say something else are found', async (t) => {
  const { log } = await shortLog(t);
  const insert = (sequence: number) =>
    statement(`
    insert into log.event_key (id, stream, version, sequence) values (gen_random_uuid(), 'stream-77', 1, ${sequence})`);
  t.same((await afterChange(log, insert(40))).fault, { sequence: 40, checks: ['key'] });
  t.same((await afterChange(log, insert(3))).fault, { sequence: 3, checks: ['key'] });
  t.match((await afterChange(log, statement('delete from log.event_key where sequence = 5'))).fault, {
    sequence: 5,
    checks: ['key'],
  });
  for (const change of [`stream = 'stream-77'`, 'version = 77', 'sequence = 77', 'id = gen_random_uuid()'])
    t.match(
      (await afterChange(log, statement(`update log.event_key set ${change} where sequence = 5`))).fault,
      { sequence: 5, checks: ['key'] },
      change,
    );
});

t.test('the API verifies in steps and tells what does not hold; the command walks it all', async (t) => {
  const demarche = await startDemarche(t);
  const germany = {
    type: 'ActorRegistered',
    occurred: '2024',
    data: { actor: 'germany', kind: 'state', name: 'Germany' },
  };
  const says = (summary: string) => ({
    type: 'StatementMade',
    occurred: '2024-11-15',
    data: { speaker: 'germany', summary },
  });
  await demarche.record(germany, ...range(1, 6).map((number) => says(`Statement ${number}`)));
  const ask = async (query: string) => (await demarche.get(`/v1/log/verification${query}`)).body;
  const head = await readHead(demarche.log);
  const first = await ask('?limit=4');
  t.match(first, { verified: { sequence: 4 }, head: 7, complete: false, fault: null });
  const rest = await ask(`?afterSequence=4&hash=${first.verified.hash}`);
  t.same(rest, { verified: { sequence: 7, hash: head.hash }, head: 7, complete: true, fault: null });
  t.match(await ask(`?afterSequence=9&hash=${head.hash}`), {
    complete: false,
    fault: { sequence: 8, checks: [{ check: 'sequence', meaning: 'There is no event of this sequence.' }] },
  });
  const refused = { code: 'invalid_request', errors: [{ parameter: 'hash' }] };
  t.match(await ask('?afterSequence=4'), refused);
  t.match(await ask('?afterSequence=4&hash=12'), refused);
  t.match(await ask('?limit=20001'), { errors: [{ parameter: 'limit' }] });

  const command = async (...options: string[]) =>
    outcome(startNode(['src/verify.ts', ...options], { env: { ...process.env, DATABASE_URL: demarche.url } }));
  const { sequence, root } = (await demarche.get('/v1/log/root')).body;
  const held = await command('--head', `${sequence}:${head.hash}`);
  t.equal(held.output.trimEnd(), `The log holds from sequence 1 to 7.\n  head  7:${head.hash}\n  root  ${root}`);
  t.equal(held.code, 0);
  t.match(await command('--head', `9:${head.hash}`), { code: 1, output: /NOT hold at sequence 8\.\n +sequence: / });
  t.match(await command('--head', 'x'), { code: 1, complaint: /--head: found "x", expected a sequence/ });
  await sql`alter table log.event disable trigger user; update log.event set occurred = '2024-11-14' where sequence = 3`.execute(
    demarche.log.db,
  );
  t.match(await command(), { code: 1, output: /NOT hold at sequence 3\.\n +content: / });
  t.match(await command('--from', `3:${(await rowsOf(demarche.log.db))[2]!.hash.toString('hex')}`), {
    code: 0,
    output: /holds from sequence 4 to 7/,
  });
  t.match(await ask(''), {
    verified: { sequence: 2 },
    complete: false,
    fault: { sequence: 3, checks: [{ check: 'content' }] },
  });
});
