// The two forms of an event: what a client says, and what the log has recorded. Two types, so that neither is taken for the other.
import type { Modality } from './modality.ts';
import type { AttributionLink, Coding, Grade, Source } from './source.ts';
import type { Stance } from './stance.ts';

/** What a client says, as sent: nothing filled in, nothing left out. Its hash is the event's content hash. */
export interface EventContent<Type extends string = string, Data = Record<string, unknown>> {
  type: Type;
  /** When it happened in the world: an EDTF text. */
  occurred: string;
  data: Data;
  stance?: Stance | undefined;
  source?: Source | undefined;
  attribution?: AttributionLink[] | undefined;
  modality?: Modality | undefined;
  grade?: Grade | undefined;
  coding?: Coding | undefined;
  correlationId?: string | undefined;
  /** The id of the event that led to this one. */
  causationId?: string | undefined;
}

/** An event that is to be recorded. Its id makes posting it again harmless. */
export type NewEvent<Content extends EventContent = EventContent> = Content & { id: string };

/** An event as the log holds it, in the newest version of its type. */
export type RecordedEvent<Content extends EventContent = EventContent> = NewEvent<Content> & {
  /** The place in the whole log: dense from 1, in commit order. */
  sequence: number;
  stream: string;
  /** The place in the stream: dense from 1. */
  version: number;
  /** When the log took it: RFC 3339 in UTC, to the millisecond; never decreasing along the log. */
  recorded: string;
  recordedBy: string;
  /** Lower-case hexadecimal SHA-256; it covers this event's content and the hash of the event before. */
  hash: string;
  /** The sequence of the redaction that removed by law what it said: its data are empty, and no other part is there. */
  redacted?: number | undefined;
};

/** The parts of an event that a correction may replace. */
export const CORRECTABLE = [
  'occurred',
  'data',
  'stance',
  'source',
  'attribution',
  'modality',
  'grade',
  'coding',
] as const satisfies (keyof EventContent)[];
