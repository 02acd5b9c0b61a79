// How well each fact is borne out, from the facts and what was said about them.
import { isAboutEvent } from '../../src/domain/fact.ts';
import { byDate, gist, named, type KnownFacts, type PlainFact } from './oracle-facts.ts';

export interface EvidenceFilter {
  anonymous?: boolean;
  disputed?: boolean;
  minSources?: number;
  maxSources?: number;
  types?: string[];
  actors?: string[];
}

/** Every fact about the world with its evidence, in date order. */
export function evidenceOf(known: KnownFacts, filter: EvidenceFilter = {}) {
  const { types, actors = [] } = filter;
  return known.all
    .filter((fact) => !isAboutEvent(fact) && (types === undefined || types.includes(fact.type)))
    .filter((fact) => actors.every((actor) => named(fact, 'actor').includes(actor)))
    .toSorted(byDate)
    .map((fact) => {
      const about = (type: string) => known.of(type).filter(({ data }) => data.event === fact.id);
      const reports = [fact, ...about('EventCorroborated')];
      return {
        fact: gist(fact),
        mentions: 1 + reports.slice(1).reduce((sum, { data }) => sum + (data.reports ?? 1), 0),
        sources: new Set(reports.flatMap((report) => (report.data.independent === false ? [] : sourceOf(report)))).size,
        anonymous: anonymousOf(reports),
        grade: gradeOf(reports),
        disputes: about('EventDisputed').map((dispute) => ({
          event: dispute.id,
          sequence: dispute.sequence,
          by: dispute.data.by ?? null,
          summary: dispute.data.summary,
          account: dispute.data.account ?? null,
          source: dispute.source ?? null,
          attribution: dispute.attribution ?? null,
        })),
      };
    })
    .filter((evidence) => isBorneOut(evidence, filter));
}

/** Whose report it is, by the first of the three that is given. */
function sourceOf({ source }: PlainFact): string[] {
  const name = source?.publisher ?? (source?.url ? new URL(source.url).host : source?.title);
  return name === undefined ? [] : [name.toLowerCase()];
}

/** What rests on nobody who is named, in any of the reports. */
function anonymousOf(reports: PlainFact[]): 'whole' | string[] | null {
  const [first, ...others] = reports.map(anonymouslySaid).filter((said) => said !== 'whole');
  if (first === undefined) return 'whole';
  const everywhere = first.filter((field) => others.every((said) => said.includes(field)));
  return everywhere.length > 0 ? [...new Set(everywhere)].toSorted() : null;
}

function anonymouslySaid({ attribution = [] }: PlainFact): 'whole' | string[] {
  const links = attribution.filter(({ record }) => record === 'anonymous');
  return links.some(({ parts }) => parts === undefined) ? 'whole' : links.flatMap(({ parts }) => parts!);
}

/** The best of each; null where none is graded. */
function gradeOf(reports: PlainFact[]) {
  const reliabilities = reports.flatMap(({ grade }) => grade?.reliability ?? []);
  const credibilities = reports.flatMap(({ grade }) => grade?.credibility ?? []);
  return {
    reliability: reliabilities.toSorted()[0] ?? null,
    credibility: credibilities.toSorted((a, b) => a - b)[0] ?? null,
  };
}

function isBorneOut(
  { anonymous, disputes, sources }: { anonymous: unknown; disputes: unknown[]; sources: number },
  filter: EvidenceFilter,
): boolean {
  return (
    (filter.anonymous === undefined || (anonymous !== null) === filter.anonymous) &&
    (filter.disputed === undefined || disputes.length > 0 === filter.disputed) &&
    sources >= (filter.minSources ?? 0) &&
    sources <= (filter.maxSources ?? Infinity)
  );
}
