// A log of any length as it could be in the field, the same for the same seed: who deals with whom and about what is as uneven
// as it is there, every event can be recorded after those before it, and the first n do not depend on how many follow.
import type { NewEvent } from '../src/domain/event.ts';
import { eventTypeOf, type TypeName } from '../src/domain/vocabulary.ts';
import { ARCHIVE, dateAround, dayOf } from './generate/calendar.ts';
import { castDrafts, pickIssue, pickMedium, pickPrincipal, rewordingDraft } from './generate/cast.ts';
import { aboutFacts } from './generate/about-facts.ts';
import { facts, type Made, type Turn } from './generate/facts.ts';
import { Past, type Happened } from './generate/past.ts';
import { Random, weighted } from './generate/random.ts';
import { phrase } from './generate/words.ts';

/** How often each type is drawn, in per cent or nearly; actors, issues and offices come first and once. */
const pickType = weighted<TypeName>([
  ['StatementMade', 13],
  ['ReactionIssued', 13],
  ['PositionStated', 11],
  ['DemandStated', 10],
  ['MeetingHeld', 9],
  ['CallHeld', 8],
  ['EventCorroborated', 5],
  ['DemandAnswered', 4],
  ['ContextRecorded', 4],
  ['EncounterAnnounced', 3],
  ['CommitmentMade', 3],
  ['AidChanged', 2],
  ['EventCorrected', 2],
  ['ProposalTabled', 1.5],
  ['ThreatIssued', 1.5],
  ['ProposalAnswered', 1],
  ['CommitmentUpdated', 1],
  ['EventDisputed', 1],
  ['SanctionImposed', 1],
  ['AttendanceDeclared', 0.8],
  ['LegalActTaken', 0.7],
  ['ConcessionMade', 0.6],
  ['RelationsChanged', 0.5],
  ['EventRetracted', 0.5],
  ['NegotiationOpened', 0.5],
  ['AgreementReached', 0.5],
  ['NegotiationProposed', 0.4],
  ['EncounterCancelled', 0.4],
  ['PositionWithdrawn', 0.4],
  ['NegotiationSuspended', 0.3],
  ['DemandWithdrawn', 0.3],
  ['NegotiationResumed', 0.2],
  ['NegotiationConcluded', 0.2],
  ['NegotiationAbandoned', 0.2],
  ['ActorRenamed', 0.1],
  ['IssueReworded', 0.1],
]);

const pickModality = weighted([
  [undefined, 90],
  ['reported', 5],
  ['opinion', 2],
  ['assessment', 1],
  ['conditional', 1],
  ['negated', 1],
]);

const MAKERS = { ...facts, ...aboutFacts };

/** The time in the ids of the events, a millisecond each. */
const FIRST_ID = Date.UTC(2024, 10, 1);

export function* generateEvents({ seed, count }: { seed: number; count: number }): Generator<NewEvent> {
  const random = new Random(seed);
  const cast = castDrafts();
  let past = new Past();
  for (let index = 0; index < count; index++) {
    if (index % ARCHIVE === 0) past = new Past();
    const id = idOf(index, random);
    const registered = cast[index];
    const { event, from, to } = registered
      ? { event: { id, ...registered } as NewEvent, from: '', to: '' }
      : draw(id, turnOf(index, past, random));
    const { type, occurred, data, stance } = event;
    if (type in facts) past.add({ id, type, occurred, data, from, to, ...(stance && { stance }) } satisfies Happened);
    yield event;
  }
}

function turnOf(index: number, past: Past, random: Random): Turn {
  const from = pickPrincipal(random);
  let to = pickPrincipal(random);
  while (to === from) to = pickPrincipal(random);
  return { random, past, day: dayOf(index), from, to };
}

/** Draws types until one can follow on what there is. */
function draw(id: string, turn: Turn): { event: NewEvent; from: string; to: string } {
  for (;;) {
    const type = pickType(turn.random);
    if (type === 'ActorRenamed' || type === 'IssueReworded') {
      return { event: { id, ...rewordingDraft(type, turn.day, turn.random) }, from: turn.from, to: turn.to };
    }
    const made = MAKERS[type]!(turn);
    if (made) return finished(id, type, made, turn);
  }
}

function finished(id: string, type: TypeName, made: Made, turn: Turn) {
  const { random, day } = turn;
  const { from = turn.from, to = turn.to, data, occurred = dateAround(day, random) } = made;
  const modality = made.modality ?? (type in facts ? pickModality(random) : undefined);
  const rule = eventTypeOf({ type }).stance;
  const takesStance = rule === 'required' || (rule === 'optional' && random.chance(0.65));
  const event = {
    id,
    type,
    occurred,
    data,
    ...(takesStance && { stance: stanceOf(from, random) }),
    ...sourcing(turn),
    ...(modality && { modality }),
  } as NewEvent;
  return { event, from, to };
}

/** Principals have their lines and mostly keep to them. */
function stanceOf(principal: string, random: Random) {
  const issue = pickIssue(principal, random);
  const line = ((principal.length + issue.length + Number(/\d+$/.exec(principal)) * 3) % 5) - 2;
  const position = Math.max(-2, Math.min(2, line + random.pick([0, 0, 0, 0, 0, 0, 0, 1, -1])));
  const conditions = random.chance(0.08) && { conditions: { added: [phrase(random)] } };
  return { issue, position, firmness: random.pick(['flexible', 'firm', 'firm', 'red_line']), ...conditions };
}

function sourcing({ random, day }: Turn) {
  const paper = random.between(1, 40);
  const title = phrase(random);
  const url = `https://paper-${paper}.example.org/${day.replaceAll('-', '/')}/${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return {
    ...(random.chance(0.9) && { source: { publisher: `Paper ${paper}`, title, url, published: day, language: 'en' } }),
    ...(random.chance(0.3) && { attribution: [attributionLink(random)] }),
    ...(random.chance(0.25) && {
      grade: { reliability: random.pick(['A', 'B', 'B', 'C', 'D']), credibility: random.between(1, 5) },
    }),
  };
}

function attributionLink(random: Random) {
  if (random.chance(0.3)) return { label: 'Diplomatic sources', record: 'anonymous', quote: 'indirect' };
  if (random.chance(0.3)) return { actor: pickMedium(random), record: 'on_record' };
  return { label: 'A spokesperson', record: 'on_record', quote: random.pick(['direct', 'indirect']) };
}

function idOf(index: number, random: Random): string {
  const time = (FIRST_ID + index).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.hex(3)}-8${random.hex(3)}-${random.hex(12)}`;
}
