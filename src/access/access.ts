// Decides who makes a request, from memory: the keys that are good are read once a second, so a request costs no question to the
// database, and a key that was revoked on any node is refused on all of them about a second later.
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LogStore } from '../events/log-database.ts';
import { LogUnavailable } from '../events/log-unavailable.ts';
import { readUsableKeys, type UsableKey } from './access-keys.ts';
import { AccessRefused } from './access-refused.ts';
import { LOCAL, type Caller } from './caller.ts';
import type { Issuer } from './issuer.ts';
import { isDigestOf, keyIdIn } from './key-text.ts';

const LOOK_MS = 1_000;

/** Whoever comes with an unknown key makes this node look, but not more often: until then it waits. */
const LEAST_BETWEEN_MS = 50;

const MOST_STALE_MS = 10_000;
/** So long a request waits then for another look. */
const PATIENCE_MS = 2_000;

interface AccessOptions {
  log: LogStore;
  /** Of tokens, where there is one. */
  issuer?: Issuer | undefined;
  logger: Pick<Logger, 'warn'>;
  /** After so long without a look, what is remembered is trusted no more. */
  mostStaleMs?: number;
}

export class Access {
  readonly #options: AccessOptions;
  #keys = new Map<number, UsableKey>();
  /** Nobody is let in before the first look. */
  #isOpen = false;
  #hasLooked = false;
  #lastLook = -Infinity;
  #looking: Promise<void> | undefined;
  #soon: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether everybody who can reach this node is an admin: there has never been a key, and there is no issuer. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Reads the keys, and goes on reading them until it is stopped. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setTimeout(() => void this.#lookAgain(), LOOK_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking?.catch(() => {});
  }

  /** Reads the keys as they are now. */
  async look(): Promise<void> {
    // One that is under way may have begun before the caller's reason arose.
    await this.#looking?.catch(() => {});
    await this.#lookOnce();
  }

  /** Who comes with this Authorization header. Throws {@link AccessRefused}, IssuerUnavailable or LogUnavailable. */
  async callerOf(authorization: string | undefined): Promise<Caller> {
    if (this.#isStale()) await this.#lookWithin(PATIENCE_MS);
    // A key that this node does not know yet may have been the first.
    if (this.#isOpen && authorization !== undefined) await this.#lookSoon();
    if (this.#isOpen) return LOCAL;
    if (!this.#hasLooked) throw new LogUnavailable(new Error('The keys have not been read yet.'));
    const text = textIn(authorization);
    const id = keyIdIn(text);
    if (id !== undefined) return this.#callerByKey(id, text);
    const { issuer } = this.#options;
    if (issuer?.isToken(text)) return issuer.callerOf(text);
    throw new AccessRefused('unauthenticated', 'What came as Authorization is no key or token that is known here.');
  }

  /** Whether somebody who was let in would still be. */
  isStillIn(caller: Caller): boolean {
    if (caller === LOCAL) return this.#isOpen;
    // Longer than new requests are turned away: a database that starts again cuts nobody off.
    if (this.#isStale(3)) return false;
    if (caller.expires <= Date.now()) return false;
    return caller.keyId === null || this.#keys.has(caller.keyId);
  }

  async #callerByKey(id: number, text: string): Promise<Caller> {
    if (!this.#keys.has(id)) await this.#lookSoon();
    const key = this.#keys.get(id);
    if (!isDigestOf(text, key?.digest) || !key)
      throw new AccessRefused('unauthenticated', 'The key is not known here, or it was revoked.');
    const { role, issues, expires } = key;
    if (expires <= Date.now())
      throw new AccessRefused('unauthenticated', `The key expired at ${new Date(expires).toISOString()}.`);
    return { name: `key:${id}`, role, issues, keyId: id, expires };
  }

  #isStale(times = 1): boolean {
    const { mostStaleMs = MOST_STALE_MS } = this.#options;
    return this.#timer !== undefined && performance.now() - this.#lastLook > times * mostStaleMs;
  }

  #lookSoon(): Promise<void> {
    this.#soon ??= this.#lookNotBefore(this.#lastLook + LEAST_BETWEEN_MS).finally(() => (this.#soon = undefined));
    return this.#soon;
  }

  async #lookNotBefore(moment: number): Promise<void> {
    await pause(Math.max(0, moment - performance.now()));
    await this.look();
  }

  /** Throws where the database does not answer in time. */
  async #lookWithin(milliseconds: number): Promise<void> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new LogUnavailable(new Error('The keys could not be read.'))), milliseconds);
    try {
      await Promise.race([this.#lookOnce(), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  #lookOnce(): Promise<void> {
    this.#looking ??= this.#read().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #read(): Promise<void> {
    const since = performance.now();
    const { hasAny, keys } = await readUsableKeys(this.#options.log);
    // What was closed once stays closed for the life of this process, whatever becomes of the table.
    this.#isOpen = !hasAny && this.#options.issuer === undefined && (this.#isOpen || !this.#hasLooked);
    this.#hasLooked = true;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#lastLook = since;
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.#lookOnce();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.logger.warn({ err: error }, 'Cannot read the access keys at the moment');
      this.#isFailing = true;
    }
    if (this.#timer !== undefined) this.#timer = setTimeout(() => void this.#lookAgain(), LOOK_MS);
  }
}

/** What follows `Bearer` (RFC 6750). */
function textIn(authorization: string | undefined): string {
  if (authorization === undefined)
    throw new AccessRefused('unauthenticated', 'Send a key as `Authorization: Bearer …`.', { wasGiven: false });
  const text = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (text !== undefined) return text;
  throw new AccessRefused('unauthenticated', 'The header Authorization is of another form than `Bearer …`.');
}
