// Holds the lock that every append needs: what is sent meanwhile stands before it, and a test decides who is there.
import { Client } from 'pg';
import type { Test } from 'tap';
import { waitUntil } from '../../src/database/wait-until.ts';

export interface HeldLock {
  /** The backends that stand before the lock, the longest waiting first, as soon as there are that many. */
  waiting(count: number): Promise<number[]>;
  /** Ends the connection of a backend. */
  terminate(pid: number): Promise<void>;
  release(): Promise<void>;
}

export async function holdLock(t: Test, url: string, schema = 'log'): Promise<HeldLock> {
  const holder = new Client({ connectionString: url });
  await holder.connect();
  t.teardown(() => holder.end());
  await holder.query('begin');
  await holder.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [schema]);
  const waiting = async (count: number) => {
    const found = await waitUntil(async () => {
      const { rows } = await holder.query<{ pid: number }>(
        `select pid from pg_locks
          where locktype = 'advisory' and not granted and (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)
            and database = (select oid from pg_database where datname = current_database())
          order by waitstart`,
        [schema],
      );
      return rows.length >= count && rows.map(({ pid }) => pid);
    }, 10_000);
    if (!found) throw new Error(`Expected ${count} appends before the lock, and after 10 seconds there are fewer.`);
    return found;
  };
  return {
    waiting,
    terminate: async (pid) => void (await holder.query('select pg_terminate_backend($1)', [pid])),
    release: async () => void (await holder.query('commit')),
  };
}
