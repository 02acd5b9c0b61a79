// How a fact was put to the world, and which of them count.
import { z } from 'zod';

export const modality = z
  .enum(['asserted', 'reported', 'planned', 'conditional', 'negated', 'opinion', 'assessment', 'interpreted'])
  .meta({
    description:
      'How the fact is put; `asserted` where nothing is said. Only asserted and reported facts set a position or ' +
      'count as held; the others are kept and shown, flagged.',
  });

export type Modality = z.infer<typeof modality>;

/** Whether a fact of this modality sets a position, or counts as having been held. */
export function counts(value: Modality | undefined): boolean {
  return value === undefined || value === 'asserted' || value === 'reported';
}
