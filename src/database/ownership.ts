// Who may run on an embedded database: the process that holds its advisory lock. The lock lives in a session of the
// server, so the operating system frees it when its owner dies; there is no file to go stale.
import { Client, type DatabaseError } from 'pg';
import { waitUntil } from './wait-until.ts';

const LOCK = '7306077263042573925';
// A server notices a dead owner as soon as it reads from the closed connection: at once, but not before us.
const GRACE = '1s';

const LOCK_NOT_AVAILABLE = '55P03';
const REFUSED_FOR_GOOD = new Set(['28P01', '28000', '3D000', '53300']);

export type Ownership = {
  isHeld(): boolean;
  /** Settles when the session with the lock has ended, for whatever reason. */
  lost: Promise<void>;
  release(): Promise<void>;
};

/** Undefined where the server shut down meanwhile: its last owner was on the way out. */
export async function claimOwnership(url: string, isRunning: () => boolean): Promise<Ownership | undefined> {
  const session = await connectSession(url, isRunning);
  if (!session) return undefined;
  let held = false;
  const lost = new Promise<void>((resolve) => {
    session.on('end', () => {
      held = false;
      resolve();
    });
  });
  try {
    held = await claim(session);
  } catch (cause) {
    await session.end();
    if (isRunning()) throw cause;
    return undefined;
  }
  // The claim is for as long as the process lives, and no reason for it to live longer.
  const kept = session as Client & { ref(): void; unref(): void };
  kept.unref();
  const release = (): Promise<void> => {
    // Whoever waits for the end of it does live that long.
    kept.ref();
    return session.end();
  };
  return { isHeld: () => held, lost, release };
}

async function claim(session: Client): Promise<boolean> {
  await session.query(`set lock_timeout = '${GRACE}'`);
  try {
    await session.query('select pg_advisory_lock($1)', [LOCK]);
    return true;
  } catch (cause) {
    if ((cause as DatabaseError).code === LOCK_NOT_AVAILABLE) return false;
    throw cause;
  }
}

/** A server that says it is ready may still turn the first caller away for a moment. */
async function connectSession(url: string, isRunning: () => boolean): Promise<Client | undefined> {
  let last: unknown;
  const session = await waitUntil(async () => {
    const client = new Client({
      connectionString: url,
      application_name: 'demarche owner',
      keepAlive: true,
    });
    // The server may go away at any time; the next query says so, and nobody else needs to know.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (cause) {
      last = cause;
      if (REFUSED_FOR_GOOD.has((cause as DatabaseError).code ?? '')) return 'refused' as const;
      return isRunning() ? undefined : ('gone' as const);
    }
  }, 10_000);
  if (session === 'gone') return undefined;
  if (session && session !== 'refused') return session;
  throw new Error(
    `The PostgreSQL of the data folder runs, but turned Demarche away (${(last as Error).message}). ` +
      'See server.log there; the file cluster/password must be the one made with the data.',
    { cause: last },
  );
}
