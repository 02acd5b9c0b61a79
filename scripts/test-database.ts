// The databases of one test run: a throw-away server, or the one of TEST_DATABASE_URL, and on it a migrated template
// under a name of its own, so that two runs on one server do not meet.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { connect, requirePostgres15 } from '../src/database/connect.ts';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { migrate } from '../src/database/migrate.ts';

export type TestDatabase = { url: string; template: string; drop(): Promise<void> };

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  const template = `demarche_test_${randomBytes(4).toString('hex')}`;
  const admin = connect(server.url, { max: 1 });
  try {
    await requirePostgres15(admin);
    await sql`create database ${sql.id(template)}`.execute(admin);
    await migrateTemplate(server.url, template);
  } catch (cause) {
    await admin.destroy();
    await server.stop();
    throw cause;
  }
  const drop = async () => {
    // Also what a test file that was killed left behind.
    const { rows } = await sql<{ datname: string }>`
      select datname from pg_database where starts_with(datname, ${template})`.execute(admin);
    for (const { datname } of rows) await sql`drop database ${sql.id(datname)} with (force)`.execute(admin);
    await admin.destroy();
    await server.stop();
  };
  return { url: server.url, template, drop };
}

async function testServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const folder = await mkdtemp(path.join(tmpdir(), 'demarche-test-'));
  // Run by root, the server is another user's, who must be able to enter.
  await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres(folder, { durable: false });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(server.directory, { recursive: true, force: true });
  };
  return { url: server.url, stop };
}

async function migrateTemplate(serverUrl: string, template: string): Promise<void> {
  const url = new URL(serverUrl);
  url.pathname = `/${template}`;
  const db = connect(url.href, { max: 1 });
  try {
    await migrate(db);
  } finally {
    // A template can be copied only while nobody is connected to it.
    await db.destroy();
  }
}
