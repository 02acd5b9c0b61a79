// The filters that finding events and following them share: what an event is and whom it names.
import { z } from 'zod';
import { FAMILIES, type Family } from '../domain/event-type.ts';
import { modality } from '../domain/modality.ts';
import { slug } from '../domain/reference.ts';
import { eventTypes } from '../domain/vocabulary.ts';
import type { RecordedFilter } from '../projections/select-events.ts';
import { listOf, typeName } from './parameters.ts';

export const recordedFilters = {
  type: listOf(typeName, 'One of these event types; with commas, or given several times.'),
  family: listOf(
    z.enum(FAMILIES),
    'One of these families of event types; with commas, or given several times. `registry` is about actors and issues themselves.',
  ),
  actor: listOf(slug, 'All of these actors take part; with commas, or given several times.'),
  issue: listOf(slug, 'All of these issues are touched; with commas, or given several times.'),
  modality: listOf(modality, 'One of these modalities, such as `planned`; with commas, or given several times.'),
  stream: z.string().max(200).optional().meta({ description: 'The events of this stream, such as `actor-russia`.' }),
  correlation: z.string().max(128).optional().meta({ description: 'The `correlationId`.' }),
};

/** The filter that the parameters mean. */
export function recordedFilter(query: z.infer<z.ZodObject<typeof recordedFilters>>): RecordedFilter {
  const { type, family, actor: actors, issue: issues, modality: modalities, stream, correlation } = query;
  return { types: typesOf(type, family), actors, issues, modalities, stream, correlation };
}

/** The types sought: those named, those of the families, or where both are given those that are both. */
function typesOf(names: string[] | undefined, families: Family[] | undefined): string[] | undefined {
  if (families === undefined) return names;
  const ofFamilies = eventTypes.filter(({ family }) => families.includes(family)).map(({ type }) => type);
  return names === undefined ? ofFamilies : ofFamilies.filter((type) => names.includes(type));
}
