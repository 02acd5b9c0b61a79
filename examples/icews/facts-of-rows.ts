// From coded rows to facts: what ICEWS codes once for each side is one fact, and further mentions are reports of it.
import { ACTORS } from './cast.ts';

/** A line of the relation map: what a relation is called, its CAMEO code, and what it becomes here. */
export interface Relation {
  words: string;
  cameo: string;
  type: string;
  subtype: string;
}

export interface IcewsFact {
  /** The same for every row that tells of it. */
  key: string;
  date: string;
  /** Slugs. Of a visit, `to` is the host. */
  from: string;
  to: string;
  relation: Relation;
  /** Whether it was coded from both sides. */
  mutual: boolean;
  mentions: number;
}

type Row = Record<string, string>;

/** Types whose facts have parties and no direction. */
const WITHOUT_DIRECTION = ['CallHeld', 'MeetingHeld', 'EncounterAnnounced', 'AgreementReached', 'NegotiationSuspended'];

export function relationsOf(map: Row[]): Map<string, Relation> {
  return new Map(
    map.map((row) => [
      row['relation']!,
      { words: row['relation']!, cameo: row['cameo_code']!, type: row['event_type']!, subtype: row['subtype']! },
    ]),
  );
}

/** The facts in the order of their first rows, and the rows that say nothing that can be recorded, with the reason. */
export function factsOfRows(rows: Row[], relations: Map<string, Relation>): { facts: IcewsFact[]; unread: string[] } {
  const groups = new Map<string, { fact: IcewsFact; mentionsBy: Map<string, number> }>();
  const unread: string[] = [];
  for (const row of rows) {
    const fact = factOf(row, relations);
    if (typeof fact === 'string') {
      unread.push(fact);
      continue;
    }
    const subject = row['subject']!;
    const group = groups.get(fact.key) ?? { fact, mentionsBy: new Map<string, number>() };
    groups.set(fact.key, group);
    group.mentionsBy.set(subject, (group.mentionsBy.get(subject) ?? 0) + fact.mentions);
    // Of a visit that both sides tell of, the guest's account is the one that is coded.
    if (fact.relation.subtype === 'visit') group.fact = fact;
  }
  const facts = [...groups.values()].map(({ fact, mentionsBy }) => ({
    ...fact,
    mutual: mentionsBy.size > 1,
    // Both directions are coded from the same reports.
    mentions: Math.max(...mentionsBy.values()),
  }));
  return { facts, unread };
}

/** What one row tells, or why it cannot be read. */
function factOf(row: Row, relations: Map<string, Relation>): IcewsFact | string {
  const { date = '', subject = '', object = '', relation: words = '' } = row;
  const relation = relations.get(words);
  if (!relation) return `the map has no relation "${words}"`;
  const [from, to] = [ACTORS[subject], ACTORS[object]];
  if (from === undefined || to === undefined) return `no actor is known by the name "${from ? object : subject}"`;
  const fact = { date, relation, mutual: false, mentions: Number(row['mentions']) || 1 };
  if (relation.subtype === 'visit') return { ...fact, key: `${date} visit ${from} ${to}`, from, to };
  if (relation.subtype === 'host') return { ...fact, key: `${date} visit ${to} ${from}`, from: to, to: from };
  const parties = WITHOUT_DIRECTION.includes(relation.type) ? [from, to].toSorted() : [from, to];
  return { ...fact, key: [date, relation.cameo, ...parties].join(' '), from, to };
}
