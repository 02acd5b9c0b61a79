// How tests of rules ask whether an event may be recorded, and the events that they break on purpose.
import type { Test } from 'tap';
import type { Draft, MemoryLog } from './oracle-log.ts';

/** A refusal: the pointer, what was found, what was expected. */
export type Refusal = [pointer: string, found: string | RegExp, expected: string | RegExp];

export function refuses(t: Test, log: MemoryLog, draft: Draft, ...refusals: Refusal[]): void {
  const found = log.violations(draft);
  t.match(
    found,
    refusals.map(([pointer, found, expected]) => ({ pointer, found, expected })),
    `${draft.type} ${refusals[0]![0]}`,
  );
  t.equal(found.length, refusals.length, `${draft.type}: ${JSON.stringify(found)}`);
}

export function accepts(t: Test, log: MemoryLog, draft: Draft, why = draft.type): void {
  t.same(log.violations(draft), [], why);
}

/** An event with a summary; `more` are the parts beside its data. */
export function event(
  type: string,
  occurred: string,
  data: object,
  more: object = {},
): Draft & { data: Record<string, unknown> } {
  return { type, occurred, data: { summary: 'What happened', ...data }, ...more };
}

export function correction(event: string, replacement: object): Draft {
  return { type: 'EventCorrected', occurred: '2024-11-18', data: { event, reason: 'It was wrong', replacement } };
}

export function retraction(event: string): Draft {
  return { type: 'EventRetracted', occurred: '2024-11-18', data: { event, reason: 'It was wrong' } };
}
