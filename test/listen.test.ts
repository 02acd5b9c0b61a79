// Word of appends made elsewhere.
import { sql } from 'kysely';
import { test } from 'tap';
import { listen } from '../src/database/listen.ts';
import { freshDatabase } from './support/fresh-database.ts';
import { waitUntil } from '../src/database/wait-until.ts';

test('an append by anybody is heard, also after the listening connection was lost', async (t) => {
  const { url, db } = await freshDatabase(t);
  let heard = 0;
  const listener = listen(url, 'demarche_log', () => heard++);
  t.teardown(() => listener.stop());
  await waitUntil(() => heard === 1);

  await sql`select pg_notify('demarche_log', '7')`.execute(db);
  await waitUntil(() => heard === 2);
  t.equal(heard, 2, 'one word for the beginning, one for the append');

  const { rows } = await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'demarche listener' and datname = current_database()`.execute(db);
  t.equal(rows.length, 1);
  await waitUntil(() => heard === 3);
  await sql`select pg_notify('demarche_log', '8')`.execute(db);
  await waitUntil(() => heard === 4);
  t.equal(heard, 4, 'one word for coming back, one for the append');
});
