// What is acknowledged stays, whoever is killed or cut off among the posts; clients that send the same ids again need know nothing.
import t from 'tap';
import { apiKilled } from '../faults/api-killed.ts';
import { commitUnknown } from '../faults/commit-unknown.ts';
import { databaseKilled } from '../faults/database-killed.ts';
import { tryFault } from './support/fault-stage.ts';

t.test('the server is killed and started again, and each event is there once', async (t) => {
  await tryFault(t, apiKilled, { times: 2, posts: 1_500 });
});

t.test(
  'the embedded PostgreSQL is killed in whole and in part, and Demarche has it running again by itself',
  async (t) => {
    await tryFault(t, databaseKilled, { times: 3, posts: 3_000 });
  },
);

t.test('connections are cut after a commit that nobody has heard of, and each event is there once', async (t) => {
  await tryFault(t, commitUnknown, { times: 4, posts: 2_000 });
});
