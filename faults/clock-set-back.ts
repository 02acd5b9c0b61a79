// The clock of the database goes an hour ahead and is then set back.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { rowsOf } from '../test/support/log-hashes.ts';
import { connect } from '../src/database/connect.ts';
import { startPosting } from './posting.ts';
import { startDemarche, type Stage } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

const HOUR_MS = 3_600_000;

export const clockSetBack: Fault = {
  name: 'clock-set-back',
  what: 'the clock that the log reads is an hour ahead for a while, and is set back among the posts',
  async run(stage) {
    const trials: Trial[] = [];
    for (let turn = 0; turn < Math.min(stage.times, 3); turn++) trials.push(await setBack(stage));
    return together(trials);
  },
};

async function setBack(stage: Stage): Promise<Trial> {
  const database = await stage.database();
  const server = await startDemarche(stage, { DATABASE_URL: database });
  const admin = new Client({ connectionString: database });
  await admin.connect();
  const posting = await startPosting(server.url, { posts: stage.posts });
  // What is of the log's own schema is found before what is PostgreSQL's, for this one function.
  await admin.query(`create function log.clock_timestamp() returns timestamptz language sql volatile as
    $$ select pg_catalog.clock_timestamp() + interval '1 hour' $$`);
  const { rows: appends } = await admin.query<{ signature: string }>(
    `select oid::regprocedure as signature from pg_proc where pronamespace = 'log'::regnamespace and proname = 'append'`,
  );
  for (const { signature } of appends)
    await admin.query(`alter function ${signature} set search_path = log, pg_catalog, pg_temp`);
  await posting.reaches(stage.posts / 2);
  await pause(10);
  await admin.query(`alter function log.clock_timestamp() rename to former_clock`);
  await admin.end();
  const trial = await examine(database, posting);
  const db = connect(database, { max: 1 });
  const recorded = (await rowsOf(db)).map(({ recorded }) => Date.parse(recorded));
  await db.destroy();
  const jumps = recorded.filter((moment, place) => moment - (recorded[place - 1] ?? moment) > HOUR_MS / 2).length;
  if (jumps !== 1) trial.wrong.push(`the clock was to go ahead once, and did ${jumps} times`);
  await server.end('SIGTERM');
  return trial;
}
