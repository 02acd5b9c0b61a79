// The connection to the database is cut once the database has committed, and before the server has heard of it.
import { sql } from 'kysely';
import { connect } from '../src/database/connect.ts';
import { waitUntil } from '../src/database/wait-until.ts';
import { CAST } from '../test/support/cast.ts';
import { openProxy } from '../test/support/log-proxy.ts';
import { startPosting } from './posting.ts';
import { startDemarche } from './stage.ts';
import { examine, type Fault } from './trial.ts';

export const commitUnknown: Fault = {
  name: 'commit-unknown',
  what: 'every connection to the database is cut after a commit whose answer has not come through',
  async run(stage) {
    const database = await stage.database();
    const proxy = await openProxy(stage, database);
    const server = await startDemarche(stage, { DATABASE_URL: proxy.url });
    const db = connect(database, { max: 1 });
    stage.teardown(() => db.destroy());
    const recorded = async () => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from log.event`.execute(db);
      return rows[0]!.count - CAST.length;
    };

    const posting = await startPosting(server.url, { posts: stage.posts });
    let unknown = 0;
    for (let turn = 0; turn < stage.times; turn++) {
      await posting.reaches((stage.posts * (turn + 1)) / (stage.times + 1));
      proxy.swallowAnswers();
      if (await waitUntil(async () => (await recorded()) > posting.acknowledged.length, 5_000)) unknown++;
      proxy.cut(turn % 2 ? 'ended' : 'reset');
    }
    const trial = await examine(database, posting, stage.times);
    if (unknown < stage.times) trial.wrong.push(`only ${unknown} of ${stage.times} cuts came after a commit`);
    return trial;
  },
};
