// Events of about 1 kB to fill a log with, and the actors and issues that they speak of, which must be recorded before them.
import { v7 } from 'uuid';
import type { NewEvent } from '../src/domain/event.ts';

export const ACTORS = Array.from({ length: 50 }, (_, n) => `state-${n}`);
/** Those that are asked about, and those that are spoken of meanwhile: so an answer is as long at the end as at the beginning. */
export const ISSUES = Array.from({ length: 20 }, (_, n) => `issue-${n}`);
const OTHER_ISSUES = Array.from({ length: 20 }, (_, n) => `other-issue-${n}`);

const A_DAY = 50;
const DAYS = 8_000;

export function cast(): NewEvent[] {
  const actors = ACTORS.map((actor) => ({ actor, kind: 'state', name: `State ${actor}` }));
  const issues = [...ISSUES, ...OTHER_ISSUES].map((issue) => ({
    issue,
    proposition: `Issue ${issue} should be settled`,
  }));
  return [
    ...actors.map((data) => ({ id: v7(), type: 'ActorRegistered', occurred: '2000-01-01', data })),
    ...issues.map((data) => ({ id: v7(), type: 'IssueOpened', occurred: '2000-01-01', data })),
  ];
}

let made = 0;

/** Somebody's on one of the other issues, unless it is said whose on what; day by day, as it is recorded while it happens. */
export function statement({ speaker = anyOf(ACTORS), issue = anyOf(OTHER_ISSUES) } = {}): NewEvent {
  const day = Math.floor(made++ / A_DAY) % DAYS;
  return {
    id: v7(),
    type: 'PositionStated',
    occurred: new Date(Date.UTC(2000, 0, 1 + day)).toISOString().slice(0, 10),
    data: { speaker, summary: 'What was said on this day. '.repeat(26) },
    stance: { issue, position: Math.floor(Math.random() * 5) - 2, firmness: 'firm' },
    source: { title: 'A report of some length about what was said', url: 'https://example.org/report', language: 'en' },
  };
}

export function anyOf<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)]!;
}
