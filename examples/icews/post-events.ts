// Posts events to a running Demarche as newline-delimited JSON, batch by batch, and counts what became of them.
import { Failure, request } from '../server.ts';

const EVENTS_A_POST = 500;

interface Problem {
  detail: string;
}

interface Batch {
  results: { index: number; status: 'recorded' | 'duplicate' | 'refused' | 'conflict'; problem?: Problem }[];
  sequence: number;
}

export interface Posted {
  recorded: number;
  there: number;
  /** How many events each reason turned away. */
  refused: Map<string, number>;
  /** By which all of them are in the log. */
  sequence: number;
}

export async function postEvents(server: string, events: object[], progress: (done: number) => void): Promise<Posted> {
  const posted: Posted = { recorded: 0, there: 0, refused: new Map(), sequence: 0 };
  for (let done = 0; done < events.length; done += EVENTS_A_POST) {
    const lines = events.slice(done, done + EVENTS_A_POST).map((event) => JSON.stringify(event));
    const { status, body } = await request(server, '/v1/events/batch', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    if (status !== 200) throw new Failure(`${server} did not take the events: ${(body as Problem).detail}`);
    count(body as Batch, posted);
    progress(done + lines.length);
  }
  return posted;
}

function count({ results, sequence }: Batch, posted: Posted): void {
  posted.sequence = Math.max(posted.sequence, sequence);
  for (const { status, problem } of results) {
    if (status === 'recorded') posted.recorded += 1;
    else if (status === 'duplicate') posted.there += 1;
    else posted.refused.set(problem!.detail, (posted.refused.get(problem!.detail) ?? 0) + 1);
  }
}

/** Those of the actors that the server does not know. */
export async function missingActors(server: string, actors: string[]): Promise<string[]> {
  // Whoever was registered a moment ago must be seen.
  const { body: log } = await request(server, '/v1/projections');
  const { sequence } = log as { sequence: number };
  const answers = await Promise.all(
    actors.map((actor) => request(server, `/v1/actors/${actor}?minSequence=${sequence}`)),
  );
  return actors.filter((_, place) => answers[place]!.status === 404);
}
