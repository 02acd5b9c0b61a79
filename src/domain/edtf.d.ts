// The part of the edtf library's interface that Demarche uses; the library ships no declarations.
declare module 'edtf' {
  export interface ParsedDate {
    type: 'Date' | 'Season' | 'Year' | 'Decade' | 'Century';
    level: number;
    /** Year, month counted from 0 (or the season, 21 to 24), day, hour, minute, second. */
    values: number[];
    approximate?: boolean | number;
    uncertain?: boolean | number;
    /** A bit for each unspecified digit of YYYYMMDD. */
    unspecified?: number;
  }
  export interface ParsedInterval {
    type: 'Interval';
    level: number;
    /** Null for an unknown bound, plus or minus Infinity for an open one (`..`). */
    values: [ParsedDate | number | null, ParsedDate | number | null];
  }
  export interface ParsedOther {
    type: 'Set' | 'List';
    level: number;
    values: unknown[];
  }
  /** Throws where the text is not EDTF. */
  export function parse(text: string): ParsedDate | ParsedInterval | ParsedOther;
}
