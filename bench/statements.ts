// Events of about 1 kB to fill a log with, and the actors and issues that they speak of, which must be recorded before them.
import { v7 } from 'uuid';
import type { NewEvent } from '../src/domain/event.ts';

export function cast(): NewEvent[] {
  const actors = Array.from({ length: 20 }, (_, i) => ({ actor: `state-${i}`, kind: 'state', name: `State ${i}` }));
  const issues = Array.from({ length: 20 }, (_, i) => ({
    issue: `issue-${i}`,
    proposition: `Issue ${i} should be settled`,
  }));
  return [
    ...actors.map((data) => ({ id: v7(), type: 'ActorRegistered', occurred: '2024-01-01', data })),
    ...issues.map((data) => ({ id: v7(), type: 'IssueOpened', occurred: '2024-01-01', data })),
  ];
}

export function statement(): NewEvent {
  const pick = (count: number) => Math.floor(Math.random() * count);
  const day = `2024-${String(1 + pick(12)).padStart(2, '0')}-${String(1 + pick(28)).padStart(2, '0')}`;
  return {
    id: v7(),
    type: 'PositionStated',
    occurred: day,
    data: { speaker: `state-${pick(20)}`, summary: 'What was said on this day. '.repeat(26) },
    stance: { issue: `issue-${pick(20)}`, position: pick(5) - 2, firmness: 'firm' },
    source: { title: 'A report of some length about what was said', url: 'https://example.org/report', language: 'en' },
  };
}
