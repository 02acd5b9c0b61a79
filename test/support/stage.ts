// A stage for hostile input: the example of every event type with everything that an event may carry, and what must be recorded
// before it.
import type { Demarche } from './demarche.ts';
import { registered, stories } from './stories.ts';

export type Event = Record<string, unknown> & { type: string; occurred: string; data: Record<string, unknown> };

export const uuid = (n: number) => `0193302f-1c00-7000-8000-${String(n).padStart(12, '0')}`;

/** Parts that any event may have, so that they are attacked too. */
export const ENVELOPE = {
  source: { publisher: 'A paper', title: 'A report', url: 'https://example.org/', published: '2024', language: 'en' },
  attribution: [{ actor: 'kremlin', record: 'on_record', quote: 'direct' }, { label: 'A diplomat' }],
  grade: { reliability: 'B', credibility: 2 },
  coding: { cameo: '041', codedBy: 'An analyst' },
  correlationId: 'story',
  causationId: uuid(1),
};

const ON_A_DAY = { occurred: '2024-11-15' };

/** By type: the events that its example points at. */
const BEFORE = new Map(
  [...stories].map(([{ type }, story]) => [type, story.slice(0, -1).map((event) => ({ ...event, ...ON_A_DAY }))]),
);

/** The example of each event type with everything around it, on a day before the tests take place. */
export const EXAMPLES = [...stories.values()].map((story) => ({ ...story.at(-1)!, ...ENVELOPE, ...ON_A_DAY }) as Event);

/** Records everything that the examples refer to. */
export async function setTheStage(demarche: Demarche): Promise<void> {
  const { participants } = EXAMPLES.find(({ type }) => type === 'CallHeld')!.data;
  await demarche.record(
    ...registered.map((event) => ({ ...event, ...ON_A_DAY })),
    { type: 'CallHeld', ...ON_A_DAY, data: { participants }, id: uuid(1) },
    ...[...BEFORE.values()].flat(),
  );
}

/** An example as it can be posted once more, last: with a new slug where it registers one, and after new events where it is about any. */
export function storyAgain(event: Event, copy: number): Event[] {
  if (event.type === 'ActorRegistered') return [{ ...event, data: { ...event.data, actor: `fresh-${copy}` } }];
  if (event.type === 'IssueOpened') return [{ ...event, data: { ...event.data, issue: `fresh-${copy}` } }];
  const before = BEFORE.get(event.type)!;
  const renewed = before.reduce(
    (text, { id }) => text.replaceAll(id!, `${String(copy).padStart(8, '0')}${id!.slice(8)}`),
    JSON.stringify([...before, event]),
  );
  return JSON.parse(renewed) as Event[];
}
