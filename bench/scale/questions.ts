// What is asked of a large log: every endpoint that reads, with parameters as unevenly drawn as the facts are.
import type { NewEvent } from '../../src/domain/event.ts';
import type { TypeName } from '../../src/domain/vocabulary.ts';
import { dayOf } from '../generate/calendar.ts';
import { pickIssue, pickPrincipal } from '../generate/cast.ts';
import { Random } from '../generate/random.ts';

/** One drawn question: whom, what, when, and the ids of events by type. */
interface Drawn {
  actor: string;
  other: string;
  third: string;
  issue: string;
  day: string;
  month: string;
  nextMonth: string;
  sequence: number;
  id: (type?: TypeName) => string;
}

type Question = (drawn: Drawn) => string;

/**
 * One line for each endpoint, and for each way of asking that takes another path through the database. Lists are asked for pages
 * of 20, which most logs fill: otherwise a larger log would be slower for no more than answering more.
 */
const QUESTIONS: Record<string, Question> = {
  'events, all': () => '/v1/events?limit=20',
  'events of an actor': ({ actor }) => `/v1/events?actor=${actor}&limit=20`,
  'events of two actors on an issue': ({ actor, other, issue }) =>
    `/v1/events?actor=${actor},${other}&issue=${issue}&limit=20`,
  'events of a type, from a day on': ({ day }) => `/v1/events?type=CallHeld&from=${day}&limit=20`,
  'events of a month': ({ month, nextMonth }) =>
    `/v1/events?from=${month}-01&to=${nextMonth}-01&match=contained&limit=20`,
  'events by their words': ({ actor }) => `/v1/events?text=grain%20corridor%20bears&actor=${actor}&limit=20`,
  'events as recorded': ({ sequence }) => `/v1/events?order=recorded&afterSequence=${sequence}&limit=20`,
  'events as known before': ({ actor, sequence }) => `/v1/events?actor=${actor}&knownAt=${sequence}&limit=20`,
  'one event': ({ id }) => `/v1/events/${id()}`,
  'reactions to an event': ({ id }) => `/v1/events/${id()}/reactions?limit=20`,
  actors: () => '/v1/actors?limit=20',
  'one actor': ({ actor, day }) => `/v1/actors/${actor}?at=${day}`,
  issues: () => '/v1/issues?limit=20',
  'one issue': ({ issue }) => `/v1/issues/${issue}`,
  'a position': ({ actor, issue }) => `/v1/positions/${actor}/${issue}`,
  'a position on a day': ({ actor, issue, day }) => `/v1/positions/${actor}/${issue}?at=${day}`,
  'a position as known before': ({ actor, issue, sequence }) => `/v1/positions/${actor}/${issue}?knownAt=${sequence}`,
  'positions on an issue': ({ issue }) => `/v1/issues/${issue}/positions?limit=20`,
  'positions of an actor': ({ actor, day }) => `/v1/actors/${actor}/positions?at=${day}&limit=20`,
  demands: () => '/v1/demands?limit=20',
  'open demands of an actor': ({ actor, day }) => `/v1/demands?actor=${actor}&status=open&at=${day}&limit=20`,
  'open demands as known before': ({ sequence }) => `/v1/demands?status=open&knownAt=${sequence}&limit=20`,
  'blocking demands': ({ day }) => `/v1/demands?blocking=true&at=${day}&limit=20`,
  'one demand': ({ id }) => `/v1/demands/${id('DemandStated')}`,
  'proposals of an actor': ({ actor }) => `/v1/proposals?actor=${actor}&limit=20`,
  'one proposal': ({ id }) => `/v1/proposals/${id('ProposalTabled')}`,
  'commitments of an actor': ({ actor }) => `/v1/commitments?actor=${actor}&limit=20`,
  'broken commitments': ({ day }) => `/v1/commitments?status=broken&at=${day}&limit=20`,
  'one commitment': ({ id }) => `/v1/commitments/${id('CommitmentMade')}`,
  'suspended negotiations': ({ day }) => `/v1/negotiations?status=suspended&at=${day}&limit=20`,
  'encounters of an actor': ({ actor }) => `/v1/encounters?actor=${actor}&limit=20`,
  'planned encounters': ({ actor, day }) => `/v1/encounters?actor=${actor}&status=planned&at=${day}&limit=20`,
  'one encounter': ({ id }) => `/v1/encounters/${id('EncounterAnnounced')}`,
  'aid of a donor': ({ actor, other }) => `/v1/aid?donor=${actor}&recipient=${other}&limit=20`,
  'contacts of two actors': ({ actor, other }) => `/v1/contacts?between=${actor},${other}&limit=20`,
  'relations by month': ({ actor, other }) => `/v1/relations/${actor}/${other}?interval=month`,
  'relations as known before': ({ actor, other, sequence }) => `/v1/relations/${actor}/${other}?knownAt=${sequence}`,
  'relations, the facts': ({ actor, other }) => `/v1/relations/${actor}/${other}/events?limit=20`,
  'changes of a month': ({ month, nextMonth }) => `/v1/changes?from=${month}-01&to=${nextMonth}-01&limit=20`,
  'changes of an actor': ({ actor, month }) => `/v1/changes?actor=${actor}&from=${month}-01&to=2024-12-31&limit=20`,
  'alignments of three': ({ actor, other, third, day }) => `/v1/alignments?actors=${actor},${other},${third}&at=${day}`,
  'alignments by salience': ({ actor, other, third }) =>
    `/v1/alignments?actors=${actor},${other},${third}&weights=salience`,
  'evidence of an actor': ({ actor }) => `/v1/evidence?actor=${actor}&limit=20`,
  'anonymous evidence': () => '/v1/evidence?anonymous=true&limit=20',
  'disputed evidence': ({ actor }) => `/v1/evidence?disputed=true&actor=${actor}&limit=20`,
  'evidence as known before': ({ sequence }) => `/v1/evidence?disputed=true&knownAt=${sequence}&limit=20`,
  'thin evidence': ({ actor }) => `/v1/evidence?maxSources=0&actor=${actor}&limit=20`,
  'state of the read models': () => '/v1/projections',
};

export interface Asked {
  name: string;
  paths: string[];
}

/** So many paths of each question: the same for every size, about events in the archives that all sizes hold whole. */
export function drawQuestions(count: number, common: NewEvent[]): Asked[] {
  const retracted = new Set(common.filter(({ type }) => type === 'EventRetracted').map(({ data }) => data['event']));
  const standing = common.filter(({ id }) => !retracted.has(id));
  return Object.entries(QUESTIONS).map(([name, question], place) => {
    const random = new Random(1_000 + place);
    return { name, paths: Array.from({ length: count }, () => question(draw(random, standing))) };
  });
}

function draw(random: Random, common: NewEvent[]): Drawn {
  const actor = pickPrincipal(random);
  const other = another([actor], random);
  const day = dayOf(random.below(1_000));
  const month = day.slice(0, 7);
  return {
    actor,
    other,
    third: another([actor, other], random),
    issue: pickIssue(actor, random),
    day,
    month,
    nextMonth: new Date(Date.parse(`${month}-28`) + 7 * 86_400_000).toISOString().slice(0, 7),
    sequence: random.between(1_000, common.length),
    id: (type) => random.pick(common.filter((event) => type === undefined || event.type === type)).id,
  };
}

function another(taken: string[], random: Random): string {
  for (;;) {
    const principal = pickPrincipal(random);
    if (!taken.includes(principal)) return principal;
  }
}
