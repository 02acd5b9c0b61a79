// The server is told to stop while events are posted and followed.
import { connect } from '../src/database/connect.ts';
import { follow } from '../test/support/follow.ts';
import { rowsOf } from '../test/support/log-hashes.ts';
import { startPosting } from './posting.ts';
import { startDemarche, type Stage } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

const FOLLOWERS = 5;
const LONGEST_END_MS = 10_000;

export const stoppedUnderLoad: Fault = {
  name: 'stopped-under-load',
  what: `SIGTERM among the posts, with ${FOLLOWERS} followers, and a start afterwards`,
  async run(stage) {
    const trials: Trial[] = [];
    for (let turn = 0; turn < stage.times; turn++) trials.push(await stop(stage));
    return together(trials);
  },
};

async function stop(stage: Stage): Promise<Trial> {
  const database = await stage.database();
  const server = await startDemarche(stage, { DATABASE_URL: database });
  const posting = await startPosting(server.url, { posts: stage.posts, mayBreak: true });
  const followers = await Promise.all(
    Array.from({ length: FOLLOWERS }, () => follow(stage, server.url, '?afterSequence=0')),
  );
  await posting.reaches(stage.posts / 2);
  const { milliseconds, code } = await server.end('SIGTERM');
  const wrong: string[] = [];
  if (code !== 0) wrong.push(`it ended with ${code}: ${server.complaints().slice(-500)}`);
  if (milliseconds > LONGEST_END_MS) wrong.push(`it took ${(milliseconds / 1000).toFixed(1)} seconds to end`);
  const errors = (await Promise.all(followers.map(({ ended }) => ended))).filter((error) => error !== undefined);
  if (errors.length > 0) wrong.push(`${errors.length} followers were cut off: ${errors[0]!.message}`);
  const unanswered = await recordedWithoutAnswer(database, new Set(posting.acknowledged.map(({ id }) => id)));
  if (unanswered > 0) wrong.push(`${unanswered} events were recorded, and nobody was told`);
  await server.startAgain();
  const trial = await examine(database, posting);
  await server.end('SIGTERM');
  return { ...trial, wrong: [...trial.wrong, ...wrong] };
}

/** So many events were under way when it ended, and were not answered. */
async function recordedWithoutAnswer(database: string, acknowledged: ReadonlySet<string>): Promise<number> {
  const db = connect(database, { max: 1 });
  try {
    const rows = await rowsOf(db);
    return rows.filter(({ id, type }) => type === 'StatementMade' && !acknowledged.has(id)).length;
  } finally {
    await db.destroy();
  }
}
