// A database of its own for one test file or test: copied from the migrated template, dropped when the test is over.
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Test } from 'tap';
import { connect } from '../../src/database/connect.ts';

export async function freshDatabase<Database = any>(t: Test): Promise<{ url: string; db: Kysely<Database> }> {
  const { TEST_DATABASE_URL: server, TEST_DATABASE_TEMPLATE: template } = process.env;
  if (!server || !template) throw new Error('This test needs a database. Run it through npm test, not by itself.');
  const name = `${template}_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await onServer(server, async (admin) => {
    // Copying files takes about 50 ms; the default, through the write-ahead log, takes longer.
    await sql`create database ${sql.id(name)} template ${sql.id(template)} strategy file_copy`.execute(admin);
  });
  const db = connect<Database>(url.href);
  t.teardown(async () => {
    await db.destroy();
    await onServer(server, async (admin) => {
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin);
    });
  });
  return { url: url.href, db };
}

async function onServer(url: string, work: (admin: Kysely<any>) => Promise<void>): Promise<void> {
  const admin = connect(url, { max: 1 });
  try {
    await work(admin);
  } finally {
    await admin.destroy();
  }
}
