// Who met whom and after how much silence, and how warm relations were, from the facts alone.
import { codingOf } from '../../src/domain/codings/coding-of.ts';
import { parseOccurred } from '../../src/domain/occurred.ts';
import { eventTypeOf } from '../../src/domain/vocabulary.ts';
import { begun, byDate, counts, gist, type KnownFacts, type PlainFact } from './oracle-facts.ts';

/** The calls and meetings in which two took part through different participants. */
export function contactsBetween(known: KnownFacts, a: string, b: string, at: string | null) {
  const contacts = begun(known.of('CallHeld', 'MeetingHeld'), at)
    .filter(counts)
    .filter((fact) => connects(known, fact, a, b, { from: fact.data.participants, to: fact.data.participants }))
    .toSorted(byDate);
  return contacts.map((fact, n) => {
    const { latest } = parseOccurred(fact.occurred);
    const before = contacts[n - 1];
    return {
      ...gist(fact),
      possible: at !== null && (latest === null || latest > at),
      silence: before === undefined ? null : silenceBetween(before, fact),
    };
  });
}

function silenceBetween(before: PlainFact, after: PlainFact) {
  const [first, next] = [parseOccurred(before.occurred), parseOccurred(after.occurred)];
  const least = daysFrom(first.latest, next.earliest);
  return {
    since: before.id,
    minDays: least === null ? null : Math.max(least, 0),
    maxDays: daysFrom(first.earliest, next.latest),
  };
}

function daysFrom(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

/** What one of them did towards the other, in date order; what has no code is no interaction. */
export function dealingsOf(known: KnownFacts, a: string, b: string, at: string | null): PlainFact[] {
  return begun(known.all, at)
    .filter(counts)
    .filter((fact) => {
      const dyad = eventTypeOf(fact).dyad?.(fact.data);
      return dyad !== undefined && codingOf(fact) !== null && connects(known, fact, a, b, dyad);
    })
    .toSorted(byDate);
}

function connects(
  known: KnownFacts,
  fact: PlainFact,
  a: string,
  b: string,
  { from, to }: { from: string[]; to: string[] },
): boolean {
  const are = (name: string, actors: string[]) => actors.filter((actor) => known.names(actor, fact).includes(name));
  return a !== b && are(a, from).some((one) => are(b, to).some((other) => other !== one));
}

/** How warm what one did towards the other was, month by month. */
export function relationOf(
  known: KnownFacts,
  a: string,
  b: string,
  at: string | null,
  { from, to }: { from?: string; to?: string } = {},
) {
  const dealings = dealingsOf(known, a, b, at);
  const within = dealings.filter((fact) => touches(fact, from ?? '0000-00', to ?? '9999-99'));
  const months = Map.groupBy(within, monthOf);
  const items = [...months.keys()].filter((month) => month !== null).toSorted();
  return {
    items: items.map((month) => ({ month, ...warmthOf(months.get(month)!) })),
    imprecise: warmthOf(months.get(null) ?? []),
  };
}

/** Whether a fact can have been in one of these months. */
function touches({ occurred }: PlainFact, from: string, to: string): boolean {
  const { earliest, latest } = parseOccurred(occurred);
  return (latest === null || latest.slice(0, 7) >= from) && (earliest === null || earliest.slice(0, 7) <= to);
}

/** The month in which a fact lies from its first day to its last, if there is one. */
function monthOf({ occurred }: PlainFact): string | null {
  const { earliest, latest } = parseOccurred(occurred);
  const [month, last] = [earliest?.slice(0, 7), latest?.slice(0, 7)];
  return month !== undefined && month === last ? month : null;
}

function warmthOf(facts: PlainFact[]) {
  const codings = facts.map((fact) => codingOf(fact)!);
  const sum = codings.reduce((total, { goldstein }) => total + goldstein, 0);
  const byCode = [...Map.groupBy(codings, ({ cameo }) => cameo)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return {
    count: facts.length,
    sum,
    mean: facts.length === 0 ? null : sum / facts.length,
    codings: byCode.map(([cameo, alike]) => {
      const { name, goldstein } = alike[0]!;
      return { cameo, name, goldstein, count: alike.length };
    }),
  };
}
