// Answers about actors: what they are called, what they represent, and the offices they hold on a day.
import { sql, type SelectQueryBuilder } from 'kysely';
import type { ActorKind } from '../domain/actor-kind.ts';
import { isHeldAt, tenuresOf, type Tenure } from '../domain/principal.ts';
import { actors } from './actors.ts';
import type { DatabaseOf } from './projection.ts';
import type { Moment } from './moment.ts';
import { officeRecordFromRow } from './office-rows.ts';
import { asKnown, ReadModel, type Asked } from './read-model.ts';
import { intervalOf, type StoredRow } from './table.ts';

interface OfficeView {
  office: string;
  of: string;
  from: string;
  until: string | null;
  /** On the day asked for, or as last recorded. */
  status: 'current' | 'former' | 'future';
  assumedBy: string;
  vacatedBy: string | null;
}

export interface ActorView {
  actor: string;
  kind: ActorKind;
  name: string;
  aliases: string[];
  represents: string | null;
  iso3166: string | null;
  wikidata: string | null;
  offices: OfficeView[];
  registeredBy: string;
}

type Rows = typeof actors.tables;

export class Actors {
  readonly #model: ReadModel<Rows>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, actors);
  }

  /** Actors by slug, after a slug, `limit` at most; of one kind where it is given. */
  list(moment: Moment, filter: { kind?: ActorKind | undefined }, after: string, limit: number) {
    return this.#views(moment, (all) => {
      const page = all.where('actor', '>', after).orderBy('actor').limit(limit);
      return filter.kind === undefined ? page : page.where('kind', '=', filter.kind);
    });
  }

  async find(actor: string, moment: Moment): Promise<{ sequence: number; item: ActorView | null }> {
    const { sequence, items } = await this.#views(moment, (all) => all.where('actor', '=', actor));
    return { sequence, item: items[0] ?? null };
  }

  /** Builds the views of the registered actors that `select` picks. */
  async #views(
    moment: Moment,
    select: (all: Registrations) => Registrations,
  ): Promise<{ sequence: number; items: ActorView[] }> {
    const { tables } = this.#model;
    const picked = select(tables.selectFrom('registration').selectAll().where(asKnown(moment.knownAt)));
    const slugs = tables.selectFrom(picked.as('picked')).select('picked.actor');
    const { sequence, registrations, renamings, offices } = await this.#model.ask({
      registrations: picked,
      renamings: tables
        .selectFrom('renaming')
        .selectAll()
        .where(asKnown(moment.knownAt))
        .where('actor', 'in', slugs)
        .orderBy(sql`earliest, latest, sequence`),
      offices: tables.selectFrom('office').selectAll().where(asKnown(moment.knownAt)).where('actor', 'in', slugs),
    });
    const items = registrations.map((registration) => {
      const own = (row: { actor: string }) => row.actor === registration.actor;
      return viewOf(registration, renamings.filter(own), offices.filter(own), moment.at);
    });
    return { sequence, items };
  }
}

type Registrations = SelectQueryBuilder<DatabaseOf<Rows>, 'registration', StoredRow<Rows['registration']>>;

function viewOf(
  registration: StoredRow<Rows['registration']>,
  renamings: StoredRow<Rows['renaming']>[],
  offices: StoredRow<Rows['office']>[],
  at: string | null,
): ActorView {
  const { actor, kind, represents, iso3166, wikidata } = registration;
  const name =
    renamings.findLast((row) => row.name !== null && (at === null || (intervalOf(row).earliest ?? '') <= at))?.name ??
    registration.name;
  const names = [
    registration.name,
    ...registration.aliases,
    ...renamings.flatMap((row) => [...(row.name === null ? [] : [row.name]), ...row.aliases]),
  ];
  return {
    actor,
    kind,
    name,
    aliases: [...new Set(names)].filter((other) => other !== name),
    represents,
    iso3166,
    wikidata,
    offices: tenuresOf(offices.map(officeRecordFromRow)).map((tenure) => officeView(tenure, at)),
    registeredBy: registration.event,
  };
}

function officeView(tenure: Tenure, at: string | null): OfficeView {
  const { office, of, from, until } = tenure;
  return {
    office,
    of,
    from: from.occurred,
    until: until?.occurred ?? null,
    status: statusAt(tenure, at),
    assumedBy: from.event,
    vacatedBy: until?.event ?? null,
  };
}

function statusAt(tenure: Tenure, at: string | null): OfficeView['status'] {
  if (at === null) return tenure.until === null ? 'current' : 'former';
  if (isHeldAt(tenure, at)) return 'current';
  return tenure.from.earliest !== null && tenure.from.earliest > at ? 'future' : 'former';
}
