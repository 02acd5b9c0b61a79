// Why somebody is not let in, in words that repeat nothing of what was sent.

/** Nobody knows who asks, or who asks may not. */
export class AccessRefused extends Error {
  readonly code: 'unauthenticated' | 'forbidden';
  /** Whether a key or token came at all. */
  readonly wasGiven: boolean;

  constructor(
    code: 'unauthenticated' | 'forbidden',
    message: string,
    { wasGiven = true, cause }: { wasGiven?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.wasGiven = wasGiven;
  }
}

/** The issuer's own keys cannot be had, so nobody can say whether a token is right. */
export class IssuerUnavailable extends Error {
  readonly code = 'issuer_unavailable';

  constructor(cause: unknown) {
    super('The keys of the issuer of tokens cannot be fetched at the moment.', { cause });
  }
}
