// From a value that a client sent to an event that can be recorded, or to the problem with it.
import { v7 } from 'uuid';
import { z } from 'zod';
import type { NewEvent } from '../domain/event.ts';
import { pointerOf } from '../domain/reference.ts';
import { eventTypes, findEventType } from '../domain/vocabulary.ts';
import { nearest } from '../events/nearest.ts';
import type { RecordedBy, Submission } from '../events/submission.ts';
import { fieldProblem } from './problem.ts';
import { fieldErrors, namesIn, shown } from './schema-errors.ts';
import { findUnstorable } from './unstorable.ts';

/** PostgreSQL counts versions in four bytes. */
const expectedVersion = z.int().min(0).max(2_147_483_647).optional();
const typeNames = eventTypes.map(({ type }) => type);
const names = new Map(eventTypes.map((type) => [type.type, namesIn(type.content)]));

/** The event, with an id where it was sent without. Throws a Problem that points at the fields. */
export function parseEvent(value: unknown): NewEvent {
  requireStorable(value);
  return eventFrom(value);
}

/** An item of a batch: an event that may carry the version its stream is expected to have. */
export function parseBatchItem(value: unknown, by: RecordedBy): Submission {
  requireStorable(value);
  if (typeof value !== 'object' || value === null || !('expectedVersion' in value))
    return { event: eventFrom(value), ...by };
  const { expectedVersion: version, ...event } = value;
  const parsed = expectedVersion.safeParse(version);
  if (!parsed.success) {
    const expected = 'a version: 0 for a stream that must not exist yet, or more';
    throw fieldProblem('invalid_request', [{ pointer: '/expectedVersion', found: shown(version), expected }]);
  }
  return { event: eventFrom(event), ...by, expectedVersion: parsed.data };
}

function eventFrom(value: unknown): NewEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fieldProblem('invalid_request', [
      { pointer: '', found: shown(value), expected: 'an event: an object with type, occurred and data' },
    ]);
  }
  const name = (value as { type?: unknown }).type;
  const type = typeof name === 'string' ? findEventType(name) : undefined;
  if (!type) throw fieldProblem('invalid_request', [unknownType(name)]);
  const parsed = type.content.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const place = {
      in: 'body',
      names: names.get(type.type)!,
      describedBy: `GET /v1/event-types/${type.type}`,
    } as const;
    throw fieldProblem('invalid_request', fieldErrors(parsed.error.issues, place));
  }
  const event = parsed.data as unknown as NewEvent;
  return { ...event, id: event.id ?? v7() };
}

export function requireStorable(value: unknown): void {
  const unstorable = findUnstorable(value);
  if (!unstorable) return;
  const { path, found, expected } = unstorable;
  throw fieldProblem('invalid_request', [{ pointer: pointerOf(path), found, expected }]);
}

function unknownType(name: unknown) {
  const meant = typeof name === 'string' ? nearest(name, typeNames) : undefined;
  const expected = `one of the event types${meant === undefined ? ' listed by GET /v1/event-types' : `; the nearest is "${meant}"`}`;
  return { pointer: '/type', found: shown(name), expected };
}
