// Generated events about other events: corrections of everything, retractions, further reports and rival accounts.
import type { Fact } from '../../src/domain/fact.ts';
import { isAboutEvent } from '../../src/domain/fact.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';
import { dataOf } from './generate-data.ts';
import { attributionOf, stanceOf } from './generate-envelope.ts';
import type { Step } from './generate-log.ts';
import type { Draft, MemoryLog } from './oracle-log.ts';

/** The event of a step that is about another one, `none` where the step is about the world. */
export function aboutOf(step: Step, log: MemoryLog): Draft | undefined | 'none' {
  const { kind, who, form, word } = step;
  if (kind === 'represent') {
    const registered = log.standing().findLast(({ type, data }) => type === 'ActorRegistered' && data['actor'] === who);
    return registered && corrected(registered, { data: representing(registered, step) });
  }
  if (!isAboutEvent({ type: kind })) return 'none';
  // Most is said of what is new, so that more is said of the same.
  const back = kind === 'EventCorrected' || kind === 'EventRetracted' ? step.target : Math.floor(step.target / 4);
  const target = targetOf(back, log, kind === 'EventRetracted' ? ['EventRetracted'] : ABOUT);
  if (!target) return undefined;
  if (kind === 'EventRetracted') return aboutWith(kind, { event: target.id, reason: 'Wrong' });
  if (kind === 'EventCorrected') return corrected(target, replacementFor(target, step, log));
  const reported = { source: step.source, grade: step.grade, attribution: attributionOf(step, target.data) };
  if (kind === 'EventCorroborated') {
    const independent = [undefined, undefined, true, false][form % 4];
    const reports = [undefined, undefined, 2, 7][word % 4];
    return { ...aboutWith(kind, { event: target.id, independent, reports }), ...reported };
  }
  const [field] = Object.keys(target.data);
  const account = [undefined, { occurred: step.occurred }, { data: { [field!]: 'Otherwise' } }][form % 3];
  const by = word % 2 === 0 ? who : undefined;
  return { ...aboutWith(kind, { event: target.id, by, summary: `Not so ${word}`, account }), ...reported };
}

/** What nothing can be said about but that it is retracted. */
const ABOUT = ['EventCorroborated', 'EventCorrected', 'EventDisputed', 'EventRetracted'];

/** An event that still stands and is of none of these types, counted from the last one. */
function targetOf(back: number, log: MemoryLog, refused: string[]): Fact | undefined {
  return log
    .standing()
    .filter(({ type }) => !refused.includes(type))
    .at(-1 - back);
}

function aboutWith(type: string, data: object): Draft {
  return { type, occurred: '2024-11-18', data };
}

function corrected({ id }: Fact, replacement: object): Draft {
  return aboutWith('EventCorrected', { event: id, reason: 'Wrong', replacement });
}

function representing({ data }: Fact, { whom, form }: Step): object {
  const { represents: _, ...rest } = data;
  return form < 9 ? { ...rest, represents: whom } : rest;
}

/** Every part can be put otherwise, and the data as it could have been drawn in the first place, whole or in one field. */
function replacementFor(target: Fact, step: Step, log: MemoryLog): object {
  const { form, word, occurred, modality, source, grade, coding } = step;
  const { family, stance } = eventTypeOf(target);
  if (form < 2) return { occurred };
  if (form < 3) return { source: source ?? null, grade: grade ?? null };
  if (form < 4) return { attribution: attributionOf(step, target.data) ?? null };
  if (form < 6 && family !== 'registry') {
    return form < 5 ? { modality: modality ?? null } : { modality: modality ?? null, coding: coding ?? null };
  }
  if (form < 8 && stance !== 'none') return { stance: word === 0 ? null : stanceOf(step) };
  if (target.type === 'ActorRegistered') return { data: representing(target, step) };
  const redrawn = dataOf(target.type, step, log) as Record<string, unknown> | undefined;
  if (!redrawn) return { occurred };
  const kept = Object.fromEntries(KEPT.flatMap((field) => (field in target.data ? [[field, target.data[field]]] : [])));
  if (form % 2 === 0) return { data: { ...redrawn, ...kept } };
  const field = Object.keys(redrawn)[word % Object.keys(redrawn).length]!;
  return { data: { ...target.data, [field]: redrawn[field], ...kept } };
}

/** What decides to which stream an event belongs, so that no correction may touch it. */
const KEPT = ['demand', 'commitment', 'encounter', 'negotiation'];
