// A node killed at any moment of a rebuild: the rebuild is taken over and ends, what answers is never half of it, and whoever asks
// or records meanwhile notices nothing but that a node is not there.
import { sql, type Kysely } from 'kysely';
import t, { type Test } from 'tap';
import { Random } from '../bench/generate/random.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import type { LogDatabase } from '../src/events/log-database.ts';
import { projections } from '../src/projections/every-projection.ts';
import { loadDatabases, type LoadedDatabase } from './support/loaded-database.ts';
import { startServerNode, type ServerNode } from './support/server-node.ts';
import { watch } from './support/watchers.ts';

const DEADLINE = 30_000;
const seed = Date.now() % 1_000_000;

const loaded = await loadDatabases(t, 1_000, 4_000);

interface Rebuilding {
  state: string;
  phase: string;
  attempt: number;
}

async function rebuilding(db: Kysely<LogDatabase>, id: number): Promise<Rebuilding> {
  const { rows } = await sql<Rebuilding>`select state, phase, attempt from log.rebuild where id = ${id}`.execute(db);
  return rows[0]!;
}

/** What is wrong with the runs: each projection has one that is live, and all of them come from one rebuild of all. */
async function wrongIn(db: Kysely<LogDatabase>): Promise<string[]> {
  const { rows } = await sql<{ projection: string; rebuild: number | null }>`
    select projection, rebuild from log.projection_run where role = 'live' order by projection`.execute(db);
  const wrong: string[] = [];
  const names = rows.map(({ projection }) => projection).join();
  if (
    names !==
    projections
      .map(({ name }) => name)
      .toSorted()
      .join()
  )
    wrong.push(`live are ${names}`);
  const rebuilds = new Set(rows.map(({ rebuild }) => rebuild));
  if (rebuilds.size !== 1) wrong.push(`live are runs of the rebuilds ${[...rebuilds].join()}`);
  return wrong;
}

/** The schemas of runs, and those that the runs name. */
async function schemasIn(db: Kysely<LogDatabase>): Promise<{ there: string[]; named: string[]; roles: string[] }> {
  const there = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname ~ '^log_.*_[0-9]+_[0-9]+$' order by nspname`.execute(db);
  const named = await sql<{ name: string; role: string }>`
    select schema_name as name, role from log.projection_run order by schema_name collate "C"`.execute(db);
  return {
    there: there.rows.map(({ name }) => name).toSorted(),
    named: named.rows.map(({ name }) => name).toSorted(),
    roles: [...new Set(named.rows.map(({ role }) => role))].toSorted(),
  };
}

/** Kills whoever builds, so many times over the length of a rebuild: first the only node, then one of two. Answers the phases hit. */
async function killAndWatch(
  t: Test,
  { url, db, following }: LoadedDatabase,
  { alone, inPair }: Record<'alone' | 'inPair', number>,
) {
  const random = new Random(seed);
  const kills = alone + inPair;
  const nodes = [await startServerNode(t, { DATABASE_URL: url })];
  const watchers = watch(t, () => nodes, following);
  const begin = async (node: ServerNode, body: object): Promise<number> =>
    (await node.post('/v1/projections/all/rebuilds', body)).id;
  const isOver = async (id: number) => !/^running$/.test((await rebuilding(db, id)).state);

  const phases: string[] = [];
  /** How long a rebuild takes; now and then the machine has more or less else to do. */
  let length = 0;
  /** Waits for the moment, a part of that length; false where the rebuild is over before. */
  const comes = (part: number, id: number): Promise<boolean> =>
    waitUntil(() => isOver(id), part * length).then((over) => !over);
  const measure = async (id: number): Promise<void> => {
    const { rows } = await sql<{ took: number }>`
      select extract(epoch from finished - begun)::float * 1000 as took from log.rebuild where id = ${id}`.execute(db);
    length = rows[0]!.took;
  };
  const kill = async (builder: number, id: number): Promise<string> => {
    const victim = nodes[builder]!;
    victim.signal('SIGKILL');
    await victim.ended;
    const { phase } = await rebuilding(db, id);
    phases.push(phase);
    const when = `kill ${phases.length} of seed ${seed}, in ${phase}`;
    t.same(await wrongIn(db), [], when);
    nodes[builder] = await startServerNode(t, { DATABASE_URL: url });
    return when;
  };

  const first = await begin(nodes[0]!, {});
  await waitUntil(() => isOver(first), DEADLINE);
  await measure(first);
  // Each in another part of the length, in no order.
  const parts = Array.from({ length: kills }, (_, n) => (n + random.next()) / kills);
  for (let n = parts.length - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [parts[n], parts[other]] = [parts[other]!, parts[n]!];
  }
  while (parts.length > 0) {
    if (phases.length >= alone && nodes.length === 1) nodes.push(await startServerNode(t, { DATABASE_URL: url }));
    const builder = phases.length % nodes.length;
    const id = await begin(nodes[builder]!, {});
    if (!(await comes(parts.at(-1)!, id))) {
      await measure(id);
      continue;
    }
    parts.pop();
    let when = await kill(builder, id);
    // Now and then also whoever has taken it over.
    if (nodes.length === 1 && phases.length % 5 === 0 && parts.length > inPair) {
      await waitUntil(async () => (await rebuilding(db, id)).attempt > 1, DEADLINE);
      if (await comes(parts.at(-1)!, id)) {
        parts.pop();
        when = await kill(builder, id);
      }
    }
    t.ok(await waitUntil(() => isOver(id), DEADLINE), `it ends after ${when}`);
    t.equal((await rebuilding(db, id)).state, 'switched', `it is carried on after ${when}`);
    t.same(await wrongIn(db), [], `once it is over after ${when}`);
  }

  await watchers.stop();
  t.same(watchers.faults.slice(0, 10), [], `nobody noticed, seed ${seed}`);
  t.ok(watchers.answers() > 20 * kills && watchers.recorded() > 5 * kills, 'it was asked and recorded all the time');
  const id = await begin(nodes[0]!, { dryRun: true });
  await waitUntil(() => isOver(id), DEADLINE);
  const { state, comparison } = await nodes[0]!.get(`/v1/rebuilds/${id}`);
  t.match({ state, comparison }, { state: 'compared', comparison: { equal: true } }, `seed ${seed}`);
  await waitUntil(async () => (await schemasIn(db)).roles.join() === 'former,live', DEADLINE);
  const schemas = await schemasIn(db);
  t.same(schemas.roles, ['former', 'live']);
  t.same(schemas.there, schemas.named, 'nothing is left of what was not finished');
  return phases;
}

function countOf(phases: string[]): string {
  const counts = new Map<string, number>();
  for (const phase of phases) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return [...counts].map(([phase, count]) => `${phase} ${count}`).join(', ');
}

t.test('a rebuild is taken over as a whole, also where the leases of its runs lapse one after the other', async (t) => {
  const { url, db } = await loaded(t);
  const victim = await startServerNode(t, { DATABASE_URL: url });
  const { id } = await victim.post('/v1/projections/all/rebuilds', {});
  await waitUntil(async () => (await rebuilding(db, id)).phase === 'deriving', DEADLINE);
  victim.signal('SIGKILL');
  await victim.ended;
  // As where the last page that it wrote was one of this run alone.
  await sql`
    update log.projection_run set lease_until = lease_until + interval '1500 ms'
     where rebuild = ${id} and projection = 'positions'`.execute(db);
  const other = await startServerNode(t, { DATABASE_URL: url });
  await waitUntil(async () => (await rebuilding(db, id)).state !== 'running', DEADLINE);
  t.match(await rebuilding(db, id), { state: 'switched' });
  t.same(await wrongIn(db), []);
  t.notOk((await schemasIn(db)).roles.includes('building'), 'nothing of it is still being built');
  t.match((await other.get(`/v1/rebuilds/${id}`)).comparison, { equal: true });
});

t.test(
  'killed twenty times, as the only node and as one of two, nobody notices more than that it is gone',
  async (t) => {
    const phases = await killAndWatch(t, await loaded(t), { alone: 14, inPair: 6 });
    const hit = new Set(phases);
    t.ok(phases.length === 20 && hit.size >= 3, `seed ${seed} has hit: ${countOf(phases)}`);
  },
);
