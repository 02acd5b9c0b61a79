// An API key as its owner has it: `demarche_7_…`, the number of the key and 256 random bits. Only its digest is kept.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORM = /^demarche_([1-9]\d{0,15})_[A-Za-z0-9_-]{43}$/;
const SECRET_BYTES = 32;

/** Compared with where no such key is known, so that the answer takes as long. */
const NOBODYS = Buffer.alloc(32);

export function writeKey(id: number): string {
  return `demarche_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** The number in the text of a key; undefined where it is none. */
export function keyIdIn(text: string): number | undefined {
  const digits = FORM.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * SHA-256, once and without salt: what makes hashes of passwords slow and salted is that people choose them, and so they can be
 * guessed. Of 256 random bits none can, and the digest is computed at every request.
 */
export function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** Takes the same time wherever the two differ, and where there is nothing to compare with. */
export function isDigestOf(text: string, digest: Buffer | undefined): boolean {
  return timingSafeEqual(digestOf(text), digest ?? NOBODYS) && digest !== undefined;
}
