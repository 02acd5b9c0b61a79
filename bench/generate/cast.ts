// Who takes part and what it is about: 40 principals with their institutions, office holders and media, 120 actors in all,
// and 60 issues. Few of them have most of the facts.
import { skewed, type Random } from './random.ts';

/** An event before it is dated and sourced. */
export interface Draft {
  type: string;
  occurred: string;
  data: Record<string, unknown>;
}

const STATES = numbered('state', 30);
const ORGANISATIONS = numbered('organisation', 10);
const MINISTRIES = numbered('ministry', 30);
const PEOPLE = numbered('person', 44);
const MEDIA = numbered('medium', 6);
const ISSUES = numbered('issue', 60);

/** The states that changed their head once have the people from 31 on for the second. */
const CHANGES = PEOPLE.length - STATES.length;
const CHANGE_DAY = '2019-11-01';
const HEAD = 'Head of Government';

const ranking = STATES.flatMap((state, rank) => {
  const organisation = rank % 3 === 2 ? ORGANISATIONS[(rank - 2) / 3] : undefined;
  return organisation === undefined ? [state] : [state, organisation];
});
export const pickPrincipal = skewed(ranking, 0.66);
const pickRank = skewed(
  ISSUES.map((_, rank) => rank),
  1.35,
);

/** Every principal cares most for other issues, in the order of its own; the first ones for the same. */
export function pickIssue(principal: string, random: Random): string {
  const rank = pickRank(random);
  return ISSUES[(rank + 7 * Math.floor(ranking.indexOf(principal) / 4)) % ISSUES.length]!;
}

export function pickMedium(random: Random): string {
  return random.pick(MEDIA);
}

/** Whoever speaks for the principal on that day: its head, its ministry, or the principal by its own name. */
export function pickVoice(principal: string, day: string, random: Random): string {
  const state = STATES.indexOf(principal);
  if (state < 0) return principal;
  const drawn = random.next();
  if (drawn < 0.45) return PEOPLE[state < CHANGES && day >= CHANGE_DAY ? STATES.length + state : state]!;
  return drawn < 0.6 ? MINISTRIES[state]! : principal;
}

/** The events that register all of them; whatever comes later may refer to any. */
export function castDrafts(): Draft[] {
  const register = (actor: string, kind: string, represents?: string): Draft => ({
    type: 'ActorRegistered',
    occurred: '2014-10-01',
    data: { actor, kind, name: nameOf(actor), ...(represents && { represents }) },
  });
  return [
    ...STATES.map((state) => register(state, 'state')),
    ...ORGANISATIONS.map((organisation) => register(organisation, 'organisation')),
    ...MINISTRIES.map((ministry, state) => register(ministry, 'office', STATES[state])),
    ...PEOPLE.map((person) => register(person, 'person')),
    ...MEDIA.map((medium) => register(medium, 'medium')),
    ...ISSUES.map((issue) => ({
      type: 'IssueOpened',
      occurred: '2014-10-01',
      data: { issue, proposition: `What is known as ${nameOf(issue)} should be settled by treaty` },
    })),
    ...STATES.map((of, state) => office('OfficeAssumed', '2010-01-01', PEOPLE[state]!, of)),
    ...STATES.slice(0, CHANGES).flatMap((of, state) => [
      office('OfficeVacated', CHANGE_DAY, PEOPLE[state]!, of),
      office('OfficeAssumed', CHANGE_DAY, PEOPLE[STATES.length + state]!, of),
    ]),
  ];
}

/** Now and then an actor or an issue gets other words. */
export function rewordingDraft(type: 'ActorRenamed' | 'IssueReworded', occurred: string, random: Random): Draft {
  const [actor, issue] = [pickPrincipal(random), random.pick(ISSUES)];
  if (type === 'ActorRenamed') return { type, occurred, data: { actor, aliases: [`${nameOf(actor)} ${occurred}`] } };
  return { type, occurred, data: { issue, proposition: `${nameOf(issue)} should be settled, as of ${occurred}` } };
}

function office(type: string, occurred: string, actor: string, of: string): Draft {
  return { type, occurred, data: { actor, office: HEAD, of } };
}

function numbered(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
}

function nameOf(slug: string): string {
  return (slug.charAt(0).toUpperCase() + slug.slice(1)).replace('-', ' ');
}
