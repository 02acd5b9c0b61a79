// `npm run example`: posts the facts of one news report to a running Demarche, then shows how Russia's position on the
// territorial settlement evolved. Every event brings its id, so a second run finds everything there already.
import { readFileSync } from 'node:fs';
import { Failure, progress, request, SERVER } from './server.ts';
import { textTable } from './text-table.ts';

const EVENTS_A_POST = 25;
const WIDTH = process.stdout.columns ?? 140;

interface Problem {
  code: string;
  detail: string;
  errors?: { pointer?: string; parameter?: string; found?: string; expected: string }[];
}

interface Batch {
  results: { index: number; status: string; problem?: Problem }[];
  sequence: number;
}

interface Position {
  sequence: number;
  series: {
    occurred: { edtf: string };
    change: string | null;
    modality: string;
    position: number | null;
    firmness: string | null;
    speaker: string;
    summary: string | null;
    quote: string | null;
    source: { publisher?: string; title?: string } | null;
    attribution: { actor?: string; label?: string }[] | null;
  }[];
}

try {
  const sequence = await load('scholz-putin-call.ndjson');
  await showEvolution('russia', 'territorial-settlement', sequence);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Posts the file in its order. Answers a sequence of the log by which all of it is recorded. */
async function load(file: string): Promise<number> {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  let sequence = 0;
  let recorded = 0;
  for (let done = 0; done < lines.length; done += EVENTS_A_POST) {
    const chunk = lines.slice(done, done + EVENTS_A_POST);
    const batch = await ask<Batch>('/v1/events/batch', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: chunk.join('\n'),
    });
    for (const { index, status, problem } of batch.results) {
      if (problem) throw new Failure(`Line ${done + index + 1} of ${file} was not recorded: ${inWords(problem)}`);
      if (status === 'recorded') recorded += 1;
    }
    sequence = Math.max(sequence, batch.sequence);
    progress(`Posted ${done + chunk.length} of ${lines.length} events`);
  }
  const known = lines.length - recorded;
  if (recorded === 0) console.log(`All ${known} events were there already; nothing was recorded twice.`);
  else console.log(`Recorded ${recorded} events${known === 0 ? '' : `; the other ${known} were there already`}.`);
  return sequence;
}

async function showEvolution(actor: string, issue: string, minSequence: number): Promise<void> {
  const { proposition } = await ask<{ proposition: string }>(`/v1/issues/${issue}?minSequence=${minSequence}`);
  const { series, sequence } = await ask<Position>(`/v1/positions/${actor}/${issue}?minSequence=${minSequence}`);
  const rows = series.map((said) => [
    said.occurred.edtf,
    said.change ?? `(${said.modality})`,
    signed(said.position),
    said.firmness?.replace('_', ' ') ?? '',
    said.speaker,
    said.quote === null ? (said.summary ?? '') : `“${said.quote}”`,
    said.attribution?.map(({ label, actor }) => label ?? actor).join(' › ') ??
      said.source?.publisher ??
      said.source?.title ??
      '',
  ]);
  const header = ['date', 'change', 'position', 'firmness', 'speaker', 'what was said', 'according to'];
  console.log(`\nWhere ${actor} stands on “${proposition}”, as of sequence ${sequence}:\n`);
  console.log(textTable([header, ...rows], WIDTH));
}

async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const { ok, body } = await request(SERVER, path, init);
  if (ok) return body as Answer;
  throw new Failure(`${SERVER} did not answer ${path}: ${inWords(body as Problem)}`);
}

/** The code of the problem and a line for each field; its detail says the same in one. */
function inWords({ code, detail, errors }: Problem): string {
  const fields = errors?.map(
    ({ pointer, parameter, found = 'nothing', expected }) =>
      `${pointer ?? parameter}: found ${found}, expected ${expected}`,
  );
  return [code, ...(fields ?? [detail])].join('\n  ');
}

function signed(position: number | null): string {
  if (position === null) return '';
  return position > 0 ? `+${position}` : `${position}`.replace('-', '−');
}
