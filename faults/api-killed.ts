// The server is killed while events are posted, and started again.
import { startPosting } from './posting.ts';
import { startDemarche, type Stage } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

export const apiKilled: Fault = {
  name: 'api-killed',
  what: 'kill -9 of the server at some moment among the posts, each time on a log of its own',
  async run(stage) {
    const trials: Trial[] = [];
    for (let turn = 0; turn < stage.times; turn++) trials.push(await kill(stage, turn));
    return together(trials);
  },
};

async function kill(stage: Stage, turn: number): Promise<Trial> {
  const database = await stage.database();
  const server = await startDemarche(stage, { DATABASE_URL: database });
  const posting = await startPosting(server.url, { posts: stage.posts, mayBreak: true });
  await posting.reaches(stage.posts * (0.1 + (0.8 * turn) / stage.times));
  await server.end('SIGKILL');
  const before = posting.acknowledged.length;
  await server.startAgain();
  const trial = await examine(database, posting);
  if (before >= stage.posts) trial.wrong.push('everything was posted before the server was killed');
  await server.end('SIGTERM');
  return trial;
}
