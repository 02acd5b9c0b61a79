// How a fact is coded: as an analyst chose, else by default from its type and what it says.
import type { EventContent } from '../event.ts';
import { eventTypeOf } from '../vocabulary.ts';
import { cameoCodes, type CameoCode } from './cameo.ts';

/** A CAMEO code with what follows from it, and who coded it. */
export interface CodingOf extends Omit<CameoCode, 'code'> {
  cameo: string;
  /** `default` where the code follows from the type and the data. */
  codedBy: string;
}

/** The coding of a fact; null where it is no interaction, or was redacted. */
export function codingOf(event: EventContent & { redacted?: number | undefined }): CodingOf | null {
  if (event.redacted !== undefined) return null;
  const { cameo, codedBy } = event.coding ?? { cameo: eventTypeOf(event).cameo(event.data), codedBy: 'default' };
  return cameo === null ? null : { codedBy, ...meaningOf(cameo) };
}

/** What the table says about a code; of one that is none, which older logs may hold, what it says about the code above it. */
export function meaningOf(cameo: string): Omit<CodingOf, 'codedBy'> {
  const { code: _, ...meaning } =
    cameoCodes.get(cameo) ?? cameoCodes.get(cameo.slice(0, 3)) ?? cameoCodes.get(cameo.slice(0, 2))!;
  return { cameo, ...meaning };
}
