// Who makes a request.
import type { Role } from './role.ts';

export interface Caller {
  /** As events name who recorded them: `local`, `key:7`, or `subject@issuer`. */
  name: string;
  role: Role;
  /** The issues that it may record about; null where there is no limit. */
  issues: readonly string[] | null;
  /** Of the key that it came with, where it came with one. */
  keyId: number | null;
  /** When what it came with is good no more, in milliseconds since 1970. */
  expires: number;
}

/** Whoever can reach the loopback, while neither a key nor an issuer is there. */
export const LOCAL: Caller = { name: 'local', role: 'admin', issues: null, keyId: null, expires: Infinity };
