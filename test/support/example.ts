// The example that ships, posted as a client would post it, and how the tests speak of its facts: by their numbers.
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { projections } from '../../src/projections/every-projection.ts';
import { startDemarche, type Demarche } from './demarche.ts';

const EXAMPLE = readFileSync(new URL('../../examples/scholz-putin-call.ndjson', import.meta.url), 'utf8');
const DEADLINE_MS = 5_000;

/** A Demarche whose every view reflects the example, and the sequence of its last event. */
export async function startExample(t: Test): Promise<{ demarche: Demarche; loaded: number }> {
  const demarche = await startDemarche(t);
  const { body } = await postExample(demarche);
  const refused = body.results.filter(({ status }: any) => status !== 'recorded');
  if (refused.length > 0) throw new Error(`Not all of the example was recorded: ${JSON.stringify(refused)}`);
  await reflect(demarche, body.sequence);
  return { demarche, loaded: body.sequence };
}

export function postExample(demarche: Demarche) {
  return demarche.post('/v1/events/batch', EXAMPLE, { 'content-type': 'application/x-ndjson' });
}

/** Records what is learned after the report, and answers its sequence once every view reflects it. */
export async function learn(demarche: Demarche, event: object): Promise<number> {
  const sequence = await demarche.record({ occurred: '2024-11-18', ...event });
  await reflect(demarche, sequence);
  return sequence;
}

async function reflect({ projector }: Demarche, sequence: number): Promise<void> {
  await Promise.all(projections.map(({ name }) => projector.reaches(name, sequence, DEADLINE_MS)));
}

export async function itemsOf(demarche: Demarche, path: string): Promise<any[]> {
  const { status, body } = await demarche.get(`${path}${path.includes('?') ? '&' : '?'}limit=1000`);
  if (status !== 200) throw new Error(`${path} was answered with ${status}: ${body.detail}`);
  return body.items;
}

export async function namesOf(demarche: Demarche, path: string): Promise<string[]> {
  return (await itemsOf(demarche, path)).map(({ id }) => nameOf(id));
}

/** The facts carry their number in the report as the last digits of their ids. */
export function nameOf(id: string): string {
  return `E${id.slice(-2)}`;
}

export function idOf(name: string): string {
  return `01932c00-0000-7000-8000-0000000000${name.slice(1)}`;
}
