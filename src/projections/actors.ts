// Actors: their names over time, what they represent, and the offices they held.
import type { ActorKind } from '../domain/actor-kind.ts';
import { parseOccurred } from '../domain/occurred.ts';
import { officeRows, officeTable } from './office-rows.ts';
import { defineProjection } from './projection.ts';
import { day, dayBounds, table, text, textList, textOrNull, word } from './table.ts';

export const actors = defineProjection({
  name: 'actors',
  version: 1,
  tables: {
    registration: table(
      {
        actor: text,
        kind: word<ActorKind>(),
        name: text,
        aliases: textList,
        represents: textOrNull,
        iso3166: textOrNull,
        wikidata: textOrNull,
        occurred: text,
      },
      ['(actor)'],
    ),
    renaming: table({ actor: text, name: textOrNull, aliases: textList, occurred: text, earliest: day, latest: day }, [
      '(actor)',
    ]),
    office: officeTable,
  },
  handlers: {
    ActorRegistered: ({ data, occurred }) => ({
      registration: [
        {
          actor: data.actor,
          kind: data.kind,
          name: data.name,
          aliases: data.aliases ?? [],
          represents: data.represents ?? null,
          iso3166: data.iso3166 ?? null,
          wikidata: data.wikidata ?? null,
          occurred,
        },
      ],
    }),
    ActorRenamed: ({ data, occurred }) => ({
      renaming: [
        {
          actor: data.actor,
          name: data.name ?? null,
          aliases: data.aliases ?? [],
          occurred,
          ...dayBounds(parseOccurred(occurred)),
        },
      ],
    }),
    OfficeAssumed: (fact) => ({ office: officeRows(fact) }),
    OfficeVacated: (fact) => ({ office: officeRows(fact) }),
  },
});
