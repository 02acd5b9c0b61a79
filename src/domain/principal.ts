// Whom an utterance counts for: worked out from dated offices, so that a former minister no longer speaks for a state.
import type { Interval } from './occurred.ts';
import { compareOccurred } from './occurred.ts';

/** One record about an office: someone took it up, or left it. */
export interface OfficeRecord extends Interval {
  change: 'assumed' | 'vacated';
  /** The title: "President of Russia". */
  office: string;
  /** The actor the office belongs to: russia. */
  of: string;
  /** The date as written (EDTF). */
  occurred: string;
  event: string;
  sequence: number;
}

/** An office held from one date to another; `until` is null while no end is recorded. */
export interface Tenure {
  office: string;
  of: string;
  from: OfficeRecord;
  until: OfficeRecord | null;
}

/** What an actor is tied to, as far as it is known. */
export interface Affiliations {
  /** Every record about the offices of this actor, in any order. */
  officeRecords(actor: string): OfficeRecord[];
  /** The actor that this institution speaks for (the Kremlin: russia). */
  represents(actor: string): string | undefined;
}

export interface Utterance extends Interval {
  speaker: string;
  onBehalfOf?: string | null | undefined;
}

/** Whose words they are: those of the actor spoken for, where the speaker lends only the voice. */
export function voiceOf({ speaker, onBehalfOf }: Pick<Utterance, 'speaker' | 'onBehalfOf'>): string {
  return onBehalfOf ?? speaker;
}

/**
 * The principal of an utterance: what the office that its voice held at that time stands for, else what the voice
 * represents, else the voice itself. An office of an institution counts for what the institution represents. So a
 * spokesman on behalf of the chancellor counts for whom the chancellor counts for, and on behalf of a state for the state.
 */
export function principalOf({ earliest, latest, ...said }: Utterance, known: Affiliations): string {
  const voice = voiceOf(said);
  // As everywhere, a fact holds from its earliest day; only one with an open start is judged by its last.
  const day = earliest ?? latest;
  const office = tenuresOf(known.officeRecords(voice)).findLast((tenure) => day !== null && isHeldAt(tenure, day));
  return representedBy(office?.of ?? voice, known);
}

/** Pairs what was assumed with what was vacated, office by office, in the order in which the offices were taken up. */
export function tenuresOf(records: OfficeRecord[]): Tenure[] {
  const tenures: Tenure[] = [];
  const unpaired = new Set<OfficeRecord>();
  for (const record of records.toSorted(compareOfficeRecords)) {
    const { office, of, change } = record;
    const open = tenures.find((tenure) => !tenure.until && tenure.office === office && tenure.of === of);
    if (open) open.until = record;
    else if (change === 'vacated') unpaired.add(record);
    if (change === 'vacated') continue;
    // Taken up in March and left "in 2024": the vaguer date comes first, though what it tells came later.
    const until = [...unpaired].find((left) => left.office === office && left.of === of && canFollow(left, record));
    if (until) unpaired.delete(until);
    tenures.push({ office, of, from: record, until: until ?? null });
  }
  return tenures;
}

function canFollow({ latest }: OfficeRecord, { earliest }: OfficeRecord): boolean {
  return latest === null || earliest === null || latest > earliest;
}

/** Whether the office was held on a day (`YYYY-MM-DD`): from its first day on, no longer on the day it was left. */
export function isHeldAt({ from, until }: Tenure, day: string): boolean {
  const begun = from.earliest === null || from.earliest <= day;
  const over = until !== null && until.latest !== null && until.latest <= day;
  return begun && !over;
}

function compareOfficeRecords(a: OfficeRecord, b: OfficeRecord): number {
  // Where one leaves and takes up an office on the same day, the leaving belongs to the earlier tenure.
  const byChange = Number(a.change === 'assumed') - Number(b.change === 'assumed');
  return compareOccurred(a, b) || byChange || a.sequence - b.sequence;
}

function representedBy(actor: string, known: Affiliations): string {
  const passed = new Set<string>();
  let principal = actor;
  for (;;) {
    const next = known.represents(principal);
    if (next === undefined || passed.has(next)) return principal;
    passed.add(principal);
    principal = next;
  }
}
