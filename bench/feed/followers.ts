// The followers of `npm run bench:feed`, each on a connection of its own: says when all of them follow, and once all have the last
// event, or nothing more comes, what they got and when.
import { get } from 'node:http';

/** Nothing more comes, then. */
const SILENCE_MS = 20_000;
const LONGEST_MS = 60_000;

export interface Followed {
  delivered: number;
  lost: number;
  doubled: number;
  /** From the first event that arrived to the last. */
  seconds: number;
  p50: number;
  p99: number;
  longest: number;
}

const [url, count, after, last] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [
  string,
  number,
  number,
  number,
];
/** How many took so many milliseconds. */
const taken = new Uint32Array(LONGEST_MS);
/** When each event was recorded, by its sequence. */
const recorded = new Map<number, number>();
let following = 0;
let finished = 0;
let delivered = 0;
let lost = 0;
let doubled = 0;
let first = 0;
let latest = 0;
const silence = setTimeout(tell, SILENCE_MS);
for (let n = 0; n < count; n++) follow();

function follow(): void {
  let reached = after;
  let waiting: Buffer = Buffer.alloc(0);
  get(`${url}/v1/events/feed`, { agent: false }, (response) => {
    response.on('data', (chunk: Buffer) => {
      const now = Date.now();
      const bytes = waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk;
      let start = 0;
      for (let end = bytes.indexOf('\n\n'); end >= 0; end = bytes.indexOf('\n\n', start)) {
        if (bytes.toString('latin1', start, start + 4) === 'id: ') take(bytes.subarray(start, end), now);
        else if (++following === count) console.log('following');
        start = end + 2;
      }
      waiting = bytes.subarray(start);
    });
  });

  function take(message: Buffer, now: number): void {
    const sequence = Number(message.toString('latin1', 4, message.indexOf('\n')));
    if (sequence <= reached) return void doubled++;
    lost += sequence - reached - 1;
    reached = sequence;
    delivered++;
    first ||= now;
    latest = now;
    taken[Math.min(LONGEST_MS - 1, Math.max(0, now - recordedAt(sequence, message)))]!++;
    silence.refresh();
    if (sequence === last && ++finished === count) tell();
  }
}

function recordedAt(sequence: number, message: Buffer): number {
  let moment = recorded.get(sequence);
  if (moment === undefined) {
    const [, text] = /"recorded":"([^"]+)"/.exec(message.toString()) ?? [];
    recorded.set(sequence, (moment = Date.parse(text!)));
  }
  return moment;
}

function tell(): void {
  clearTimeout(silence);
  const seconds = (latest - first) / 1000;
  // Whoever stopped short of the end has lost the rest.
  const missing = count * (last - after) - delivered - lost;
  const longest = taken.findLastIndex((number) => number > 0);
  const followed: Followed = {
    delivered,
    lost: lost + missing,
    doubled,
    seconds,
    p50: percentile(50),
    p99: percentile(99),
    longest,
  };
  console.log(JSON.stringify(followed));
  process.exit();
}

function percentile(percent: number): number {
  let left = (delivered * percent) / 100;
  return taken.findIndex((number) => (left -= number) <= 0);
}
