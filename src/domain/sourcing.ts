// What a fact rests on: how many independent sources, whether any of them is named, and how good the best is.
import type { Fact } from './fact.ts';
import type { AttributionLink, Grade, Source } from './source.ts';

type Reliability = NonNullable<Grade['reliability']>;

/** One report of a fact: by its own source, or by another that corroborates it. */
export interface Report {
  /** Who published it, so that two reports of one publisher are told to be from one source; null where no source is given. */
  publisher: string | null;
  /** How many reports it stands for. */
  reports: number;
  /** Whether it rests on something else than another report of the same fact. */
  independent: boolean;
  /** What rests on anonymous sources in it: everything, these fields of the data, or (none) nothing. */
  anonymous: string[];
  reliability: Reliability | null;
  credibility: number | null;
}

/** Stands in a list of fields for the fact as a whole. */
export const WHOLE = '*';

export interface Sourcing {
  mentions: number;
  /** Independent sources. */
  sources: number;
  /** What rests on anonymous sources only: {@link WHOLE}, or fields of the data. */
  anonymous: string[];
  reliability: Reliability | null;
  credibility: number | null;
}

/** What an event reports about the fact: the event itself, or one that corroborates it. */
export function reportOf({ source, attribution, grade, type, data }: Fact): Report {
  const corroborates = type === 'EventCorroborated';
  return {
    publisher: source ? publisherOf(source) : null,
    reports: corroborates ? ((data['reports'] as number | undefined) ?? 1) : 1,
    independent: !corroborates || data['independent'] !== false,
    anonymous: anonymousParts(attribution ?? []),
    reliability: grade?.reliability ?? null,
    credibility: grade?.credibility ?? null,
  };
}

/** All reports of a fact together. */
export function sourcingOf(reports: Report[]): Sourcing {
  const publishers = reports.filter(({ independent }) => independent).map(({ publisher }) => publisher);
  return {
    mentions: reports.reduce((all, one) => all + one.reports, 0),
    sources: new Set(publishers.filter((publisher) => publisher !== null)).size,
    anonymous: reports
      .map(({ anonymous }) => anonymous)
      .reduce(inBoth)
      .toSorted(),
    reliability: best(reports.map(({ reliability }) => reliability)),
    credibility: best(reports.map(({ credibility }) => credibility)),
  };
}

/** A publisher by its name, else by where it publishes, else by the title. */
export function publisherOf({ publisher, url, title }: Source): string | null {
  return (publisher ?? (url === undefined ? title : new URL(url).host))?.trim().toLowerCase() ?? null;
}

/** A chain is as strong as its weakest link: one anonymous link makes anonymous what it covers. */
function anonymousParts(chain: AttributionLink[]): string[] {
  const links = chain.filter(({ record }) => record === 'anonymous');
  if (links.some(({ parts }) => parts === undefined)) return [WHOLE];
  return [...new Set(links.flatMap(({ parts }) => parts!))];
}

function inBoth(a: string[], b: string[]): string[] {
  if (a.includes(WHOLE)) return b;
  if (b.includes(WHOLE)) return a;
  return a.filter((part) => b.includes(part));
}

/** A comes before F, and 1 before 6. */
function best<T extends string | number>(grades: (T | null)[]): T | null {
  return grades.filter((grade) => grade !== null).reduce<T | null>((a, b) => (a === null || b < a ? b : a), null);
}
