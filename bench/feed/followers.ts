// The followers of `npm run bench:feed`, each on a connection of its own: says when all of them follow, and once all have the last
// event, or nothing more comes, what they got and when. When each event was acknowledged is told on the standard input.
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

/** Nothing more comes, then. */
const SILENCE_MS = 20_000;
const LONGEST_MS = 60_000;

export interface Followed {
  delivered: number;
  lost: number;
  doubled: number;
  /** From the first event that arrived to the last. */
  seconds: number;
  sinceRecorded: Spread;
  /** Nothing where an event came before its acknowledgement. */
  sinceAcknowledged: Spread;
}

/** Milliseconds. */
interface Spread {
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
const events = last - after;
/** When each event came to each follower, and when it was recorded. */
const arrivals = Array.from({ length: count }, () => new Float64Array(events));
const recorded = new Float64Array(events);
let following = 0;
let finished = 0;
let delivered = 0;
let lost = 0;
let doubled = 0;
let first = 0;
let latest = 0;
const silence = setTimeout(() => void tell(), SILENCE_MS);
for (const own of arrivals) follow(own);

function follow(own: Float64Array): void {
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
    const place = sequence - after - 1;
    own[place] = now;
    // Parsed once, and not a hundred times.
    recorded[place] ||= Date.parse(/"recorded":"([^"]+)"/.exec(message.toString())![1]!);
    silence.refresh();
    if (sequence === last && ++finished === count) void tell();
  }
}

async function tell(): Promise<void> {
  clearTimeout(silence);
  const acknowledged = new Float64Array(events);
  for (const [sequence, moment] of (await json(process.stdin)) as [number, number][])
    acknowledged[sequence - after - 1] = moment;
  const seconds = (latest - first) / 1000;
  // Whoever stopped short of the end has lost the rest.
  const missing = count * (last - after) - delivered - lost;
  const followed: Followed = {
    delivered,
    lost: lost + missing,
    doubled,
    seconds,
    sinceRecorded: spreadSince(recorded),
    sinceAcknowledged: spreadSince(acknowledged),
  };
  console.log(JSON.stringify(followed));
  process.exit();
}

function spreadSince(moments: Float64Array): Spread {
  const taken = new Uint32Array(LONGEST_MS);
  for (const own of arrivals)
    for (const [place, arrival] of own.entries())
      if (arrival > 0) taken[Math.min(LONGEST_MS - 1, Math.max(0, arrival - moments[place]!))]!++;
  const percentile = (percent: number) => {
    let left = (delivered * percent) / 100;
    return taken.findIndex((number) => (left -= number) <= 0);
  };
  return { p50: percentile(50), p99: percentile(99), longest: taken.findLastIndex((number) => number > 0) };
}
