// Migrations are applied once, in order, all or none, and never change after they were applied.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { connect, requirePostgres15 } from '../src/database/connect.ts';
import { migrate } from '../src/database/migrate.ts';
import { freshDatabase } from './support/fresh-database.ts';

async function migrationFolder(t: Test, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'demarche-migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

const TWO = {
  '0001-first.sql': 'create table thing (n int);\ninsert into thing values (1);\n',
  '0002-second.sql': 'alter table thing add column m int default 2;',
};

t.test('what is missing is applied in order, once', async (t) => {
  const { db } = await freshDatabase(t);
  const directory = await migrationFolder(t, TWO);
  t.same(await migrate(db, { schema: 'one', directory }), ['0001-first', '0002-second']);
  t.same(await migrate(db, { schema: 'one', directory }), []);
  t.same((await sql`select * from one.thing`.execute(db)).rows, [{ n: 1, m: 2 }]);

  await writeFile(path.join(directory, '0003-third.sql'), 'drop table thing;');
  t.same(await migrate(db, { schema: 'one', directory }), ['0003-third']);
});

t.test('a second log lives beside the first in a schema of its own', async (t) => {
  const { db } = await freshDatabase(t);
  const directory = await migrationFolder(t, TWO);
  await migrate(db, { schema: 'one', directory });
  await sql`delete from one.thing`.execute(db);
  t.same(await migrate(db, { schema: 'two', directory }), ['0001-first', '0002-second']);
  t.same((await sql`select n from two.thing`.execute(db)).rows, [{ n: 1 }]);
  t.same((await sql`select n from one.thing`.execute(db)).rows, []);
  t.same(
    (await sql`select current_setting('search_path') as path`.execute(db)).rows,
    [{ path: '"$user", public' }],
    'the connection is given back as it was',
  );
});

t.test('a migration that fails throws its cause and changes nothing', async (t) => {
  const { db } = await freshDatabase(t);
  const directory = await migrationFolder(t, { ...TWO, '0003-broken.sql': 'select 1; select 1/0;' });
  const failure = await migrate(db, { schema: 'one', directory }).catch((error: unknown) => error as Error);
  t.match(failure, {
    message: /0003-broken failed in schema one, and nothing was changed: division by zero/,
  });
  t.match(failure, { cause: { code: '22012' } });
  t.same((await sql`select to_regnamespace('one') as schema`.execute(db)).rows, [{ schema: null }]);
});

t.test('a file that was changed, taken away or slipped in after the fact is refused', async (t) => {
  const { db } = await freshDatabase(t);
  const directory = await migrationFolder(t, TWO);
  await migrate(db, { schema: 'one', directory });

  const changed = await migrationFolder(t, { ...TWO, '0001-first.sql': 'create table thing ();' });
  await t.rejects(migrate(db, { schema: 'one', directory: changed }), {
    message: /0001-first was changed after it had been applied to schema one/,
  });
  const fewer = await migrationFolder(t, { '0001-first.sql': TWO['0001-first.sql'] });
  await t.rejects(migrate(db, { schema: 'one', directory: fewer }), {
    message: /belongs to a newer version/,
  });
  const between = await migrationFolder(t, { ...TWO, '0000-before.sql': 'select 1' });
  await t.rejects(migrate(db, { schema: 'one', directory: between }), { message: /0000-before is missing/ });
  const twins = await migrationFolder(t, { ...TWO, '0002-other.sql': 'select 1' });
  await t.rejects(migrate(db, { schema: 'one', directory: twins }), {
    message: /has the number of 0002-other/,
  });
  const nameless = await migrationFolder(t, { 'setup.sql': 'select 1' });
  await t.rejects(migrate(db, { schema: 'one', directory: nameless }), { message: /name without an order/ });
  await t.rejects(migrate(db, { schema: 'Robert"; drop', directory }), {
    message: /cannot be the Postgres schema/,
  });

  const otherLineEnds = await migrationFolder(t, {
    ...TWO,
    '0001-first.sql': TWO['0001-first.sql'].replaceAll('\n', '\r\n'),
  });
  t.same(await migrate(db, { schema: 'one', directory: otherLineEnds }), [], 'line ends make no difference');
});

t.test('of several processes that migrate at once one does the work', async (t) => {
  const { url } = await freshDatabase(t);
  const directory = await migrationFolder(t, TWO);
  const databases = Array.from({ length: 4 }, () => connect(url, { max: 1 }));
  t.teardown(() => Promise.all(databases.map((db) => db.destroy())));
  const applied = await Promise.all(databases.map((db) => migrate(db, { schema: 'one', directory })));
  t.same(applied.flat(), ['0001-first', '0002-second']);
});

t.test('the template of every test is migrated to the newest version', async (t) => {
  const { db } = await freshDatabase(t);
  t.same(await migrate(db), []);
});

t.test('a connection returns numbers for whole numbers and text for whatever has a calendar in it', async (t) => {
  const { db } = await freshDatabase(t);
  await requirePostgres15(db);
  const { rows } = await sql`
    select 9007199254740991::bigint as big, array[1, null]::bigint[] as bigs, date '2024-11-15' as day,
      timestamptz '2024-11-15 12:00:00.123456+01' as moment, daterange('2024-11-15', null) as days,
      array[date '2024-11-15'] as list, interval '90 minutes' as duration`.execute(db);
  t.same(rows, [
    {
      big: 9007199254740991,
      bigs: [1, null],
      day: '2024-11-15',
      moment: '2024-11-15 11:00:00.123456+00',
      days: '[2024-11-15,)',
      list: ['2024-11-15'],
      duration: 'PT1H30M',
    },
  ]);
  await t.rejects(sql`select 9007199254740993::bigint`.execute(db), RangeError, 'rather than a wrong number');
  t.same((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }], 'and the connection is still good');
});

t.test('the loss of an idle connection is logged, and the next query has a new one', async (t) => {
  const { url } = await freshDatabase(t);
  let lost: (() => void) | undefined;
  const warned = new Promise<void>((resolve) => (lost = resolve));
  const db = connect(url, { max: 1, applicationName: 'doomed', log: { warn: () => lost?.() } });
  t.teardown(() => db.destroy());
  await sql`select 1`.execute(db);
  const other = connect(url, { max: 1 });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`.execute(other);
  await other.destroy();
  await warned;
  t.same((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }]);
});

t.test('a server that is too old is named with what is needed', async (t) => {
  const { db } = await freshDatabase(t);
  const old = db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async () => ({ rows: [{ server_version: '14.9 (Debian 14.9-1)' }] }),
  });
  await t.rejects(requirePostgres15(old), { message: /PostgreSQL 14\.9 .*needs 15 or newer/ });
});
