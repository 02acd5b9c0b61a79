// Records a batch: in chunks, in order, later items seeing earlier ones, with a result for each item.
import { MAX_SUBMISSIONS, type Recorder } from '../events/recorder.ts';
import { LogOverloaded, LogUnavailable } from '../events/log-unavailable.ts';
import type { Outcome, RecordedBy, Submission } from '../events/submission.ts';
import type { Line } from './ndjson.ts';
import { parseBatchItem } from './parse-event.ts';
import { fieldProblem, Problem } from './problem.ts';
import { problemForError } from './problem-for-error.ts';
import { readAhead } from './read-ahead.ts';
import { problemOf, refusedResult, resultOf, type ItemResult } from './recording.ts';

/** As many events as fill a group of the log. */
const CHUNK_EVENTS = 500;
const CHUNK_BYTES = 1_000_000;

/** The most that is held of a batch which must be held whole. */
export const BATCH_BYTES = 16 * 1_048_576;

/** Who records, asked for each item: who was let in when a long batch began may not be any more, which is a Problem that it throws. */
export type By = () => RecordedBy;

/** Records item by item; a refused one does not stop the others. Yields the results of one chunk at a time. */
export async function* recordBatch(
  recorder: Recorder,
  lines: AsyncIterable<Line>,
  by: By,
): AsyncGenerator<ItemResult[]> {
  let index = 0;
  // Read and checked while the chunk before is recorded.
  for await (const chunk of readAhead(chunksOf(lines, by))) {
    yield recordChunk(recorder, unlessShutOut(chunk, by), index);
    index += chunk.length;
  }
}

/** Records all items or none. Throws a problem, with the results, where one cannot be recorded. */
export async function recordAtomically(recorder: Recorder, lines: AsyncIterable<Line>, by: By): Promise<ItemResult[]> {
  const items: (Submission | Problem)[] = [];
  let bytes = 0;
  for await (const line of lines) {
    bytes += line.bytes;
    if (items.length === MAX_SUBMISSIONS || bytes > BATCH_BYTES) {
      const most = `${MAX_SUBMISSIONS} events and ${BATCH_BYTES} bytes`;
      throw new Problem('payload_too_large', `An atomic batch holds at most ${most}.`);
    }
    items.push(parsed(line, by));
  }
  requireDistinctIds(items);
  by();
  const submissions = items.filter(isSubmission);
  const results =
    submissions.length === items.length
      ? (await recorder.record(submissions, { atomic: true })).map((outcome, index) =>
          resultOf(index, submissions[index]!.event.id, outcome),
        )
      : items.map((item, index) =>
          refusedResult(
            index,
            idOf(item),
            (item instanceof Problem ? item : problemOf({ status: 'not_recorded' })).toJSON(),
          ),
        );
  const failed = results.find(
    ({ status, problem }) => (status === 'refused' || status === 'conflict') && problem?.code !== 'not_recorded',
  );
  if (!failed) return results;
  throw new Problem(
    'batch_refused',
    `Nothing was recorded, because of item ${failed.index}. ${failed.problem!.detail}`,
    { results },
  );
}

async function* chunksOf(lines: AsyncIterable<Line>, by: By): AsyncGenerator<(Submission | Problem)[]> {
  let chunk: (Submission | Problem)[] = [];
  let bytes = 0;
  for await (const line of lines) {
    chunk.push(parsed(line, by));
    bytes += line.bytes;
    if (chunk.length < CHUNK_EVENTS && bytes < CHUNK_BYTES) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}

async function recordChunk(recorder: Recorder, items: (Submission | Problem)[], first: number): Promise<ItemResult[]> {
  const submissions = items.filter(isSubmission);
  const outcomes = await outcomesOf(recorder, submissions, first > 0);
  let next = 0;
  return items.map((item, place) => {
    const problem = item instanceof Problem ? item : outcomes instanceof Problem ? outcomes : null;
    if (problem) return refusedResult(first + place, idOf(item), problem.toJSON());
    return resultOf(first + place, idOf(item)!, (outcomes as Outcome[])[next++]!);
  });
}

/** Once results have been sent, a log that is away can only be told item by item. */
async function outcomesOf(recorder: Recorder, submissions: Submission[], answering: boolean) {
  try {
    return await recorder.record(submissions);
  } catch (error) {
    if (answering && (error instanceof LogUnavailable || error instanceof LogOverloaded)) return problemForError(error);
    throw error;
  }
}

/** The same, unless who sent it has lost the right to record it meanwhile: lines may wait for long until there is a chunk of them. */
function unlessShutOut(items: (Submission | Problem)[], by: By): (Submission | Problem)[] {
  try {
    by();
    return items;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return items.map(() => error);
  }
}

function parsed(line: Line, by: By): Submission | Problem {
  if ('problem' in line) return line.problem;
  try {
    return parseBatchItem(line.value, by());
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function requireDistinctIds(items: (Submission | Problem)[]): void {
  const ids = items.map(idOf);
  const again = ids.findIndex((id, index) => id !== null && ids.indexOf(id) < index);
  if (again < 0) return;
  throw fieldProblem('invalid_request', [
    { pointer: `/${again}/id`, found: `the id of item ${ids.indexOf(ids[again]!)}`, expected: 'another id' },
  ]);
}

/** The id that an item came with or was given; null where it is no event. */
function idOf(item: Submission | Problem): string | null {
  return item instanceof Problem ? null : item.event.id;
}

function isSubmission(item: Submission | Problem): item is Submission {
  return !(item instanceof Problem);
}
