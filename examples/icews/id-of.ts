import { v5 } from 'uuid';

const NAMESPACE = '5b0f7a52-7c1d-4f0e-9b7e-3b1f6f6f2a10';

/** The same id for the same key in every run, so that nothing is recorded twice. */
export function idOf(key: string): string {
  return v5(key, NAMESPACE);
}
