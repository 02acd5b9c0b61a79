// An event with everything said about it later: corrections applied, retraction noted. One fold, used wherever facts are told.
import { CORRECTABLE, type EventContent, type RecordedEvent } from './event.ts';

/** A recorded event as it is to be read: `corrections` are the sequences that changed it, `retracted` the one that took it back. */
export type Fact<Content extends EventContent = EventContent> = RecordedEvent<Content> & {
  corrections: number[];
  retracted: number | null;
};

export const ABOUT_EVENTS = ['EventCorroborated', 'EventCorrected', 'EventDisputed', 'EventRedacted', 'EventRetracted'];

/** Whether the event says something about another event rather than about the world. */
export function isAboutEvent({ type }: Pick<EventContent, 'type'>): boolean {
  return ABOUT_EVENTS.includes(type);
}

/**
 * Folds the events of a stream, in the order of the log, into the facts it holds, by event id. A retracted
 * correction has never been made; a retracted fact stays, marked. What was redacted is retracted as well, from the beginning.
 */
export function factsOf(stream: readonly RecordedEvent[]): Map<string, Fact> {
  const undone = new Map<string, number>();
  for (const event of stream) if (event.type === 'EventRetracted') undone.set(targetOf(event), event.sequence);
  const facts = new Map<string, Fact>();
  for (const event of withoutRedacted(stream)) {
    const retracted = event.redacted ?? undone.get(event.id) ?? null;
    facts.set(event.id, { ...event, corrections: [], retracted });
    if (event.type !== 'EventCorrected' || retracted !== null) continue;
    const target = facts.get(targetOf(event));
    if (target) facts.set(target.id, corrected(target, event));
  }
  return facts;
}

/** The events of a stream as the log holds them once its redactions are recorded: what they name says nothing any more. */
export function withoutRedacted(stream: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const redactions = stream.filter(({ type }) => type === 'EventRedacted');
  if (redactions.length === 0) return stream;
  const redactedBy = new Map(redactions.map((redaction) => [targetOf(redaction), redaction.sequence]));
  return stream.map((event) => {
    const redacted = redactedBy.get(event.id);
    return redacted === undefined || event.redacted !== undefined ? event : emptied(event, redacted);
  });
}

function emptied(event: RecordedEvent, redacted: number): RecordedEvent {
  const { id, type, occurred, sequence, stream, version, recorded, recordedBy, hash } = event;
  return { id, type, occurred, data: {}, sequence, stream, version, recorded, recordedBy, hash, redacted };
}

function targetOf(event: RecordedEvent): string {
  return event.data['event'] as string;
}

function corrected(fact: Fact, correction: RecordedEvent): Fact {
  const next = { ...fact, corrections: [...fact.corrections, correction.sequence] };
  return applyReplacement(next, correction.data['replacement'] as Record<string, unknown>);
}

/** The event with the given parts replaced; a part given as null is taken away. */
export function applyReplacement<E extends EventContent>(event: E, replacement: Record<string, unknown>): E {
  const next: Record<string, unknown> = { ...(event as EventContent) };
  for (const part of CORRECTABLE) {
    if (replacement[part] === null) delete next[part];
    else if (replacement[part] !== undefined) next[part] = replacement[part];
  }
  return next as unknown as E;
}
