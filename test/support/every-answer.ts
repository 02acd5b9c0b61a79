// Every kind of question put to one Demarche, and the answers without what depends on where in its log an event stands.
import { waitUntil } from '../../src/database/wait-until.ts';

interface Asker {
  get: (path: string) => Promise<{ status: number; body: any }>;
}

/** What differs between logs that say the same: places in the log, and what was asked for. */
const PLACES = new Set(
  'sequence version hash recorded knownAt projectionRun knownSequence next corrections retracted'.split(' '),
);

const LEDGERS = ['demands', 'proposals', 'commitments', 'negotiations', 'encounters'];

export interface Names {
  actors: string[];
  issues: string[];
  /** Ids of events that all the logs hold. */
  events: string[];
}

/** The questions, each as a path without its parameters about time. */
export function everyQuestion({ actors, issues, events }: Names): string[] {
  const pairs = actors.flatMap((a) => actors.filter((b) => b !== a).map((b) => [a, b] as const));
  const window = 'from=2000-01-01&to=2030-12-31';
  return [
    ...['events', 'actors', 'issues', 'evidence', 'aid', ...LEDGERS].map((path) => `/v1/${path}?limit=1000`),
    '/v1/events?limit=1000&order=recorded',
    `/v1/changes?${window}&limit=1000`,
    ...['none', 'salience'].map((w) => `/v1/alignments?actors=${actors.join(',')}&minOverlap=1&weights=${w}`),
    ...actors.flatMap((actor) => [
      `/v1/actors/${actor}?`,
      `/v1/actors/${actor}/positions?limit=1000`,
      `/v1/evidence?actor=${actor}&limit=1000`,
      ...issues.map((issue) => `/v1/positions/${actor}/${issue}?`),
    ]),
    ...issues.flatMap((issue) => [`/v1/issues/${issue}?`, `/v1/issues/${issue}/positions?limit=1000`]),
    ...pairs.filter(([a, b]) => a < b).map(([a, b]) => `/v1/contacts?between=${a},${b}&limit=1000`),
    ...pairs.flatMap(([a, b]) => [`/v1/relations/${a}/${b}?`, `/v1/relations/${a}/${b}/events?${window}&limit=1000`]),
    ...events.flatMap((id) => [
      `/v1/events/${id}/reactions?limit=1000`,
      ...LEDGERS.map((path) => `/v1/${path}/${id}?`),
    ]),
  ];
}

/** The answers to the questions, each with the parameters added. */
export async function everyAnswer({ get }: Asker, questions: string[], added: string): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>();
  for (const question of questions) {
    const { status, body } = await get(`${question}&${added}`.replace('?&', '?'));
    if (status !== 200 && status !== 404) throw new Error(`${question} ${added}: ${JSON.stringify(body)}`);
    answers.set(question, status === 404 ? 'not found' : withoutPlaces(body));
  }
  return answers;
}

/** Waits until all answers reflect a sequence. */
export async function reflects({ get }: Asker, questions: string[], sequence: number): Promise<void> {
  for (const question of questions.slice(0, 12)) {
    const path = `${question}&minSequence=${sequence}`.replace('?&', '?');
    if (!(await waitUntil(async () => (await get(path)).status === 200, 20_000)))
      throw new Error(`${path} is not there`);
  }
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value === 'string')
    return value.replace(/([?&])(knownAt|projectionRun)=\d+&?/g, '$1').replace(/[?&]$/, '');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !PLACES.has(name))
      .map(([name, part]) => [name, withoutPlaces(part)]),
  );
}
