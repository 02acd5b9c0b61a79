// What the tests of the log hand in: events under numbers instead of ids, so that a test can name them in one word.
import type { NewEvent } from '../../src/domain/event.ts';
import type { Outcome, Submission } from '../../src/events/submission.ts';

/** The id that stands for a number. */
export function idOf(number: number): string {
  return `01930000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

export function submission(number: number, event: object, expectedVersion?: number): Submission {
  return { event: { id: idOf(number), ...event } as NewEvent, recordedBy: 'the tests', expectedVersion };
}

export function statement(speaker: string, more: object = {}) {
  return { type: 'StatementMade', occurred: '2024-11-15', data: { speaker, summary: `${speaker} spoke`, ...more } };
}

export function call(participants: string[], more: object = {}) {
  return { type: 'CallHeld', occurred: '2024-11-15', data: { participants, ...more } };
}

export function renaming(actor: string, name: string) {
  return { type: 'ActorRenamed', occurred: '2024-11-15', data: { actor, name } };
}

export function retraction(number: number) {
  return { type: 'EventRetracted', occurred: '2024-11-16', data: { event: idOf(number), reason: 'it was wrong' } };
}

export function correction(number: number, replacement: object) {
  const data = { event: idOf(number), reason: 'it was wrong', replacement };
  return { type: 'EventCorrected', occurred: '2024-11-16', data };
}

export function statuses(outcomes: Outcome[]): string[] {
  return outcomes.map((outcome) => ('code' in outcome ? outcome.code : outcome.status));
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
