// Statements that are planned once for each connection, and what becomes of them behind a proxy.
import { sql, type Kysely } from 'kysely';
import t from 'tap';
import { connect } from '../src/database/connect.ts';
import { prepared } from '../src/database/preparing-client.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { openPoolingProxy } from './support/pooling-proxy.ts';

async function known(db: Kysely<any>): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
  return rows.map(({ statement }) => statement);
}

const sum = (db: Kysely<any>, a: number, b: number) =>
  sql<{ sum: number }>`${prepared} select ${a}::int + ${b}::int as sum`.execute(db).then(({ rows }) => rows[0]!.sum);

t.test('only what asks for it is kept by a connection, once', async (t) => {
  const { url } = await freshDatabase(t);
  const db = connect(url, { max: 1 });
  t.teardown(() => db.destroy());
  t.equal(await sum(db, 1, 2), 3);
  t.equal(await sum(db, 3, 4), 7, 'with other values');
  await sql`select ${1}::int`.execute(db);
  t.same(await known(db), ['/* prepared */ select $1::int + $2::int as sum']);
});

t.test('a connection keeps so many and no more', async (t) => {
  const { url } = await freshDatabase(t);
  const db = connect(url, { max: 1 });
  t.teardown(() => db.destroy());
  for (let n = 0; n < 150; n++) {
    const { rows } = await sql<{ n: number }>`${prepared} select ${sql.lit(n)}::int + ${1}::int as n`.execute(db);
    t.equal(rows[0]!.n, n + 1);
  }
  t.equal((await known(db)).length, 100);
});

t.test('what is wrong with a statement is told as ever', async (t) => {
  const { url } = await freshDatabase(t);
  const db = connect(url, { max: 1 });
  t.teardown(() => db.destroy());
  await t.rejects(sql`${prepared} select ${1}::int / 0`.execute(db), { code: '22012' });
  await t.rejects(sql`${prepared} select nothing`.execute(db), { code: '42703' });
  t.equal(await sum(db, 1, 2), 3);
});

t.test('a table that was changed meanwhile is read as it is now', async (t) => {
  const { url } = await freshDatabase(t);
  const db = connect(url, { max: 1 });
  t.teardown(() => db.destroy());
  await sql`create table thing (size integer); insert into thing values (1)`.execute(db);
  const sizes = () => sql<{ size: number }>`${prepared} select size from thing`.execute(db).then(({ rows }) => rows);
  t.same(await sizes(), [{ size: 1 }]);
  await sql`alter table thing alter size type text`.execute(db);
  t.same(await sizes(), [{ size: '1' }]);
  t.equal(await sum(db, 1, 2), 3);
  t.equal((await known(db)).length, 2, 'and what is asked often is still kept');
});

t.test('behind a proxy that pools transactions they are asked as they are', async (t) => {
  const { url } = await freshDatabase(t);
  const proxy = await openPoolingProxy(t, url, 4);
  const db = connect(proxy.url, { max: 4 });
  t.teardown(() => db.destroy());
  const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => sum(db, n, 1)));
  t.same(
    sums,
    Array.from({ length: 200 }, (_, n) => n + 1),
  );
});
