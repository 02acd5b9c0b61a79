import { sql } from 'kysely';
import { connect } from '../src/database/connect.ts';

/** The address of a database on a server, which is created where it is not there yet. */
export async function databaseNamed(server: string, name: string): Promise<string> {
  const admin = connect(server, { max: 1 });
  const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(admin);
  if (rows.length === 0) await sql`create database ${sql.id(name)}`.execute(admin);
  await admin.destroy();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
