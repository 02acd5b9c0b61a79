// A fingerprint of a read model: equal where the tables hold the same rows, in whatever order they were written.
import { sql, type Kysely } from 'kysely';
import type { Projection } from './projection.ts';

export interface TableDigest {
  table: string;
  rows: number;
  /** Lower-case hexadecimal SHA-256 over the sorted rows. */
  digest: string;
}

export async function digestTables(db: Kysely<any>, schema: string, { tables }: Projection): Promise<TableDigest[]> {
  const digests: TableDigest[] = [];
  for (const name of Object.keys(tables)) {
    // One hash a row first, so that the sorted text stays small however long the rows are.
    const { rows } = await sql<Omit<TableDigest, 'table'>>`
      select count(*) as rows, encode(sha256(convert_to(coalesce(string_agg(h, '' order by h), ''), 'UTF8')), 'hex') as digest
        from (select md5(t::text) as h from ${sql.id(schema, name)} t) hashed`.execute(db);
    digests.push({ table: name, ...rows[0]! });
  }
  return digests;
}
