// Clients that post events one by one and send each again, under the same id, until it is acknowledged; and one that asks all the
// while. What they may be told is a success or that the database is away, with the time after which to come again.
import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { CAST } from '../test/support/cast.ts';

const CLIENTS = 32;
/** An event that is not acknowledged by then is given up and reported. */
const PATIENCE_MS = 120_000;
/** Clients that keep to Retry-After would leave the server alone for most of an outage. */
const AGAIN_MS = 50;
const ASK_MS = 50;

export interface Acknowledged {
  id: string;
  sequence: number;
  hash: string;
}

export interface Posting {
  acknowledged: Acknowledged[];
  /** What was answered that must not be, each in a sentence. */
  wrong: string[];
  /** How often somebody was told that the database is away. */
  unavailable(): number;
  /** The longest time in which nothing was acknowledged, in milliseconds. */
  longest(): number;
  /** Waits until so many are acknowledged; at once where nobody posts any more. */
  reaches(count: number): Promise<void>;
  /** Settles when everything is acknowledged or given up. */
  done: Promise<void>;
}

interface PostingOptions {
  posts: number;
  /** Whether connections may be refused or cut: the server itself comes and goes. */
  mayBreak?: boolean;
  /** Whether the actors that the events name are registered already. */
  isCastThere?: boolean;
}

export async function startPosting(
  url: string,
  { posts, mayBreak = false, isCastThere = false }: PostingOptions,
): Promise<Posting> {
  if (!isCastThere) await recordCast(url);
  const acknowledged: Acknowledged[] = [];
  const wrong: string[] = [];
  const waiting: { count: number; tell: () => void }[] = [];
  let unavailable = 0;
  let longest = 0;
  let last = performance.now();
  let taken = 0;
  const over = new AbortController();

  const noteSuccess = (event: Acknowledged) => {
    acknowledged.push({ id: event.id, sequence: event.sequence, hash: event.hash });
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    for (const { count, tell } of waiting) if (acknowledged.length >= count) tell();
  };
  /** The body of a success; undefined where it is to be tried again. */
  const attempt = async (what: string, ask: () => Promise<Response>): Promise<any> => {
    let response: Response;
    let body: any;
    try {
      response = await ask();
      body = await response.json();
    } catch (error) {
      if (!mayBreak) note(wrong, `${what}: ${String((error as Error).cause ?? error)}`);
      return undefined;
    }
    if (response.ok) return body;
    if (response.status === 503 && Number(response.headers.get('retry-after')) > 0) unavailable++;
    else note(wrong, `${what}: ${response.status} ${JSON.stringify(body).slice(0, 300)}`);
    return undefined;
  };
  const post = async (): Promise<void> => {
    while (taken < posts) {
      const event = { ...statement(taken++), id: v7() };
      const since = performance.now();
      for (;;) {
        const body = await attempt('a post', () => send(url, '/v1/events', event));
        if (body) {
          noteSuccess(body);
          break;
        }
        if (performance.now() - since > PATIENCE_MS) {
          note(wrong, `${event.id} was not acknowledged within two minutes`);
          break;
        }
        await pause(AGAIN_MS);
      }
    }
  };
  const ask = async (): Promise<void> => {
    for (let reached = 0; !over.signal.aborted;) {
      const head = await attempt('a question', () => fetch(`${url}/v1/log`));
      if (head && head.sequence < reached) note(wrong, `the log went back from ${reached} to ${head.sequence}`);
      reached = head?.sequence ?? reached;
      await pause(ASK_MS);
    }
  };
  const asking = ask();
  const postAll = async (): Promise<void> => {
    await Promise.all(Array.from({ length: CLIENTS }, post));
    over.abort();
    for (const { tell } of waiting) tell();
    await asking;
  };
  return {
    acknowledged,
    wrong,
    unavailable: () => unavailable,
    longest: () => longest,
    reaches: (count) =>
      new Promise((resolve) => {
        if (over.signal.aborted || acknowledged.length >= count) resolve();
        else waiting.push({ count, tell: resolve });
      }),
    done: postAll(),
  };
}

/** The actors that the events name. */
async function recordCast(url: string): Promise<void> {
  const response = await send(url, '/v1/events/batch', CAST);
  if (!response.ok) throw new Error(`The actors could not be registered: ${await response.text()}`);
}

export function statement(number: number, summary = `What was said ${number}`) {
  return { type: 'StatementMade', occurred: '2024-11-15', data: { speaker: 'germany', summary } };
}

export function send(url: string, path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
}

/** A thousand times the same is no news. */
function note(wrong: string[], what: string): void {
  if (wrong.length < 20) wrong.push(what);
}
