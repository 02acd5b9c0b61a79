// The codings of the field: what a CAMEO code is called, how conflictual it is, and which PLOVER type corresponds to it.
import table from './cameo.json' with { type: 'json' };

const QUAD_CLASSES = ['verbal_cooperation', 'material_cooperation', 'verbal_conflict', 'material_conflict'] as const;

export const quadClasses: readonly string[] = QUAD_CLASSES;

/** A row of the table; see ORIGIN.md beside it for where it comes from. */
export interface CameoCode {
  /** Text of two to four digits: `010` is not `10`. */
  code: string;
  name: string;
  /** Goldstein (1992): −10, most conflictual, to +10, most cooperative. */
  goldstein: number;
  quadClass: (typeof QUAD_CLASSES)[number];
  /** Null where PLOVER has no such type. A PLOVER type is no number: it never shares a series with Goldstein. */
  plover: { type: string; mode: string | null; contexts: string[] } | null;
}

type Row = [
  code: string,
  name: string,
  goldstein: number,
  quadClass: CameoCode['quadClass'],
  ploverType: string | null,
  ploverMode: string | null,
  ploverContexts: string | null,
];

/** All codes of CAMEO, by code. */
export const cameoCodes: ReadonlyMap<string, CameoCode> = new Map(
  (table as unknown as Row[]).map(([code, name, goldstein, quadClass, type, mode, contexts]) => {
    const plover = type === null ? null : { type, mode, contexts: contexts?.split('; ') ?? [] };
    return [code, { code, name, goldstein, quadClass, plover }];
  }),
);
