// Tokens of an OIDC issuer: JWTs, checked by the issuer's own keys, which are fetched when they are first needed and kept.
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { AccessRefused, IssuerUnavailable } from './access-refused.ts';
import type { Caller } from './caller.ts';
import { highestOf, ROLES } from './role.ts';
import { isSafeAddress } from './safe-address.ts';

export interface IssuerSettings {
  /** As tokens name it (`iss`). */
  issuer: string;
  /** As tokens name whom they are for (`aud`). */
  audience: string;
  /** Where its keys are; asked of its discovery document where it is undefined. */
  jwksUrl: string | undefined;
  /** Those a token may be signed by. */
  algorithms: readonly string[];
  /** Where a token names its roles: a claim, or the way to one inside others (`realm_access.roles`). */
  rolesClaim: string;
}

/** By a public key, and by nothing else: with a shared secret, who can check a token can also make one. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const FETCH_MS = 5_000;
/** Keys are fetched anew after so long, and for a token that names an unknown one not sooner than this after the last time. */
const KEPT_MS = 600_000;
const COOLDOWN_MS = 5_000;

/** Clocks differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

const LONGEST_SUBJECT = 255;

export class Issuer {
  readonly #settings: IssuerSettings;
  readonly #cooldownMs: number;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(settings: IssuerSettings, { cooldownMs = COOLDOWN_MS }: { cooldownMs?: number } = {}) {
    this.#settings = settings;
    this.#cooldownMs = cooldownMs;
  }

  /** Whether the text has the form of a token. */
  isToken(text: string): boolean {
    return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
  }

  /** Throws {@link AccessRefused}, or {@link IssuerUnavailable} where nobody can say whether the token is right. */
  async callerOf(token: string): Promise<Caller> {
    const { sub, exp, ...claims } = await this.#verified(token);
    if (sub === undefined || !isName(sub)) {
      const expected = `1 to ${LONGEST_SUBJECT} characters without control characters`;
      throw new AccessRefused(
        'unauthenticated',
        `The token names no subject that can be recorded (\`sub\`: ${expected}).`,
      );
    }
    const { issuer, rolesClaim } = this.#settings;
    const role = highestOf([claimOf(claims, rolesClaim)].flat());
    if (!role) {
      const detail = `The token names none of the roles ${ROLES.join(', ')} in its claim ${rolesClaim}.`;
      throw new AccessRefused('forbidden', detail);
    }
    return { name: `${sub}@${issuer}`, role, issues: null, keyId: null, expires: exp! * 1_000 };
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms } = this.#settings;
    const keys = await this.#keySet();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return payload;
    } catch (error) {
      if (isAboutToken(error))
        throw new AccessRefused('unauthenticated', `The token is not accepted: ${reasonOf(error)}.`, { cause: error });
      throw new IssuerUnavailable(error);
    }
  }

  /** What failed is tried again by the next token. */
  async #keySet(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#openKeySet();
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      throw new IssuerUnavailable(error);
    }
  }

  async #openKeySet(): Promise<JWTVerifyGetKey> {
    const { issuer, jwksUrl } = this.#settings;
    return createRemoteJWKSet(new URL(jwksUrl ?? (await discoverKeys(issuer))), {
      timeoutDuration: FETCH_MS,
      cacheMaxAge: KEPT_MS,
      cooldownDuration: this.#cooldownMs,
    });
  }
}

/** Where the issuer says that its keys are (OpenID Connect Discovery 1.0). */
async function discoverKeys(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${address} answered ${response.status}, expected 200.`);
  const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (found.issuer !== issuer)
    throw new Error(`${address} is about the issuer ${JSON.stringify(found.issuer)}, expected ${issuer}.`);
  if (typeof found.jwks_uri !== 'string' || !isSafeAddress(found.jwks_uri))
    throw new Error(`${address} names no jwks_uri that begins with https://; set OIDC_JWKS_URL.`);
  return found.jwks_uri;
}

/** A name in the token may have dots of its own; else they lead into claims. */
function claimOf(claims: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (part, step) =>
        typeof part === 'object' && part !== null && Object.hasOwn(part, step)
          ? (part as Record<string, unknown>)[step]
          : undefined,
      claims,
    );
}

/** What can be stored and hashed, in one line. */
function isName(subject: string): boolean {
  return subject.length <= LONGEST_SUBJECT && subject.isWellFormed() && /^\P{Cc}+$/u.test(subject);
}

/** The fault is the token's; every other is the issuer's, or on the way there. */
function isAboutToken(error: unknown): error is errors.JOSEError {
  const kinds = [
    errors.JWTClaimValidationFailed,
    errors.JWTExpired,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ];
  return kinds.some((kind) => error instanceof kind);
}

/** Words of ours: an error may repeat what the token says. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its claim ${error.claim} is missing or another one than expected`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed by an algorithm that is not taken here';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the issuer has no such key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is not a well-formed signed token';
}
