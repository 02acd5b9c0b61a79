// PostgreSQL takes connections and statements and does nothing with them: halted as a whole, or held up by somebody's lock.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts';
import { processesOf, signalAll } from './postgres-processes.ts';
import { send, startPosting, statement } from './posting.ts';
import { scratchFolder, startDemarche } from './stage.ts';
import { examine, together, type Fault, type Trial } from './trial.ts';

/** Each takes half a minute. */
const MOST_TIMES = 3;
const STALL_MS = 10_000;
/** More than a server takes on: it holds 10,000 that wait. */
const FLOOD = { batches: 40, events: 500 };
/** What those who wait may take, with all that they sent. */
const MOST_MEGABYTES = 300;
/** Twice as many as there are connections for them. */
const QUESTIONS = 20;

export const databaseStalled: Fault = {
  name: 'database-stalled',
  what: `PostgreSQL is halted (SIGSTOP) for ${STALL_MS / 1_000} seconds, and ${FLOOD.batches * FLOOD.events} more events are sent meanwhile`,
  async run(stage) {
    const directory = await scratchFolder(stage);
    const postgres = await startEmbeddedPostgres(directory);
    stage.teardown(() => postgres.stop());
    const server = await startDemarche(stage, { DATABASE_URL: postgres.url });
    const times = Math.min(stage.times, MOST_TIMES);
    const posting = await startPosting(server.url, { posts: stage.posts });
    const before = await server.memory();
    const wrong: string[] = [];
    let turnedAway = 0;
    let most = before;
    for (let turn = 0; turn < times; turn++) {
      await posting.reaches((stage.posts * (turn + 1)) / (times + 1));
      const halted = await processesOf(directory);
      stage.teardown(() => signalAll(halted, 'SIGCONT'));
      signalAll(halted, 'SIGSTOP');
      const flood = Array.from({ length: FLOOD.batches }, () =>
        send(
          server.url,
          '/v1/events/batch',
          Array.from({ length: FLOOD.events }, (_, n) => statement(n)),
        ),
      );
      for (let waited = 0; waited < STALL_MS; waited += 500) {
        await pause(500);
        most = Math.max(most, await server.memory());
      }
      signalAll(halted, 'SIGCONT');
      const since = performance.now();
      for (const response of await Promise.all(flood)) {
        const answer: any = await response.json();
        const refused = response.ok ? answer.results.filter(({ status }: any) => status !== 'recorded') : [];
        if (response.status === 503 && response.headers.has('retry-after')) turnedAway++;
        else if (!response.ok || refused.some(({ problem }: any) => problem?.status !== 503))
          wrong.push(`a batch: ${response.status} ${JSON.stringify(refused[0] ?? answer).slice(0, 300)}`);
        else if (refused.length > 0) turnedAway++;
      }
      if (performance.now() - since > STALL_MS) wrong.push('it took more than ten seconds to be on its feet again');
    }
    if (turnedAway === 0) wrong.push('nobody was turned away, however many waited');
    if (most - before > MOST_MEGABYTES) wrong.push(`its memory grew from ${before.toFixed()} to ${most.toFixed()} MB`);
    const notes = [
      `${turnedAway} of ${times * FLOOD.batches} batches were turned away; memory ${before.toFixed()} MB, at most ${most.toFixed()} MB`,
    ];
    const trial = await examine(postgres.url, posting, times, notes);
    return { ...trial, wrong: [...trial.wrong, ...wrong] };
  },
};

export const poolExhausted: Fault = {
  name: 'pool-exhausted',
  what: 'somebody locks the log for eleven seconds, so that every connection of the server is waiting',
  async run(stage) {
    const trials: Trial[] = [];
    for (let turn = 0; turn < Math.min(stage.times, MOST_TIMES); turn++) {
      const database = await stage.database();
      const server = await startDemarche(stage, { DATABASE_URL: database });
      const posting = await startPosting(server.url, { posts: stage.posts });
      await posting.reaches(stage.posts / 3);
      const holder = new Client({ connectionString: database });
      await holder.connect();
      await holder.query('begin');
      await holder.query('lock table log.event in access exclusive mode');
      const questions = Array.from({ length: QUESTIONS }, () => fetch(`${server.url}/v1/log`));
      await pause(11_000);
      await holder.query('rollback');
      await holder.end();
      const answers = await Promise.all(questions);
      const trial = await examine(database, posting);
      const told = answers.filter(({ status, headers }) => status === 503 && headers.has('retry-after')).length;
      if (told === 0) trial.wrong.push('nobody was told that there is no connection free');
      if (answers.some(({ status }) => status !== 200 && status !== 503))
        trial.wrong.push(`answered were ${answers.map(({ status }) => status).join()}`);
      trials.push(trial);
      await server.end('SIGTERM');
    }
    return together(trials);
  },
};
