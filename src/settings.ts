// The settings of a process, read from the environment once. Everything wrong with them is said at once.
import { z } from 'zod';
import { ALGORITHMS, type IssuerSettings } from './access/issuer.ts';
import { isSafeAddress } from './access/safe-address.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const schema = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/)
    .default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.int().max(65_535))
    .default(3000),
  DATABASE_URL: z.url({ protocol: /^postgres(?:ql)?$/ }).optional(),
  DIRECT_DATABASE_URL: z.url({ protocol: /^postgres(?:ql)?$/ }).optional(),
  DATA_DIR: z.string().default('./data'),
  LOG_LEVEL: z.enum(LEVELS).default('info'),
  RATE_LIMIT: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .default(300_000),
  OIDC_ISSUER: z.string().refine(isSafeAddress).optional(),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_JWKS_URL: z.string().refine(isSafeAddress).optional(),
  OIDC_ALGORITHMS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(ALGORITHMS)))
    .default(['RS256', 'ES256']),
  OIDC_ROLES_CLAIM: z.string().default('roles'),
});

type Name = keyof typeof schema.shape;

const EXPECTED: Record<Name, string> = {
  HOST: 'an address or a name of this machine',
  PORT: 'a whole number from 0 to 65535',
  DATABASE_URL: 'a URL that begins with postgres://',
  DIRECT_DATABASE_URL: 'a URL that begins with postgres://',
  DATA_DIR: 'a folder',
  LOG_LEVEL: `one of ${LEVELS.join(', ')}`,
  RATE_LIMIT: 'requests a minute, 0 for any number',
  OIDC_ISSUER: 'a URL that begins with https://, as tokens name their issuer',
  OIDC_AUDIENCE: 'whom tokens are for, as they name it: without it, tokens for any other service would be taken too',
  OIDC_JWKS_URL: 'a URL that begins with https://',
  OIDC_ALGORITHMS: `some of ${ALGORITHMS.join(', ')}, with commas`,
  OIDC_ROLES_CLAIM: 'the name of a claim',
};

export interface Settings {
  /** Any address, once there are keys or an issuer; the loopback before. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** A PostgreSQL from 15 on; the embedded one where it is undefined. */
  databaseUrl: string | undefined;
  /** The same database past a pooling proxy, for the connection that listens; as `databaseUrl` where it is undefined. */
  directDatabaseUrl: string | undefined;
  dataDirectory: string;
  logLevel: (typeof LEVELS)[number];
  /** Requests a minute of one key, or of one address without; 0 for any number. */
  rateLimit: number;
  /** Whose tokens are taken; nobody's where it is undefined. */
  issuer: IssuerSettings | undefined;
}

/** Throws one error that names every setting that is wrong. An empty variable counts as not set. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0] as Name));
  if (given['OIDC_ISSUER'] !== undefined && given['OIDC_AUDIENCE'] === undefined) wrong.add('OIDC_AUDIENCE');
  if (!parsed.success || wrong.size > 0) {
    const names = [...wrong];
    throw new Error(
      `These settings are wrong:\n${names.map((name) => `  ${complaint(name, given[name])}`).join('\n')}`,
    );
  }
  const { HOST, PORT, DATABASE_URL, DIRECT_DATABASE_URL, DATA_DIR, LOG_LEVEL, RATE_LIMIT } = parsed.data;
  return {
    host: HOST,
    port: PORT,
    databaseUrl: DATABASE_URL,
    directDatabaseUrl: DIRECT_DATABASE_URL,
    dataDirectory: DATA_DIR,
    logLevel: LOG_LEVEL,
    rateLimit: RATE_LIMIT,
    issuer: issuerIn(parsed.data),
  };
}

function issuerIn(all: z.output<typeof schema>): IssuerSettings | undefined {
  if (all.OIDC_ISSUER === undefined) return undefined;
  return {
    issuer: all.OIDC_ISSUER,
    audience: all.OIDC_AUDIENCE!,
    jwksUrl: all.OIDC_JWKS_URL,
    algorithms: all.OIDC_ALGORITHMS,
    rolesClaim: all.OIDC_ROLES_CLAIM,
  };
}

/** A database's address is not repeated: it may hold a password. */
function complaint(name: Name, found: string | undefined): string {
  const what = found === undefined ? 'nothing' : name.endsWith('DATABASE_URL') ? 'something else' : `"${found}"`;
  return `${name}: found ${what}, expected ${EXPECTED[name]}`;
}
