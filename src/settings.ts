// The settings of a process, read from the environment once. Everything wrong with them is said at once.
import { isIPv4 } from 'node:net';
import { z } from 'zod';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const schema = z.object({
  HOST: z.string().refine(isLoopback).default('127.0.0.1'),
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
});

type Name = keyof typeof schema.shape;

const EXPECTED: Record<Name, string> = {
  HOST: '127.0.0.1, localhost or ::1: without access keys Demarche listens on the loopback only',
  PORT: 'a whole number from 0 to 65535',
  DATABASE_URL: 'a URL that begins with postgres://',
  DIRECT_DATABASE_URL: 'a URL that begins with postgres://',
  DATA_DIR: 'a folder',
  LOG_LEVEL: `one of ${LEVELS.join(', ')}`,
};

export interface Settings {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** A PostgreSQL from 15 on; the embedded one where it is undefined. */
  databaseUrl: string | undefined;
  /** The same database past a pooling proxy, for the connection that listens; as `databaseUrl` where it is undefined. */
  directDatabaseUrl: string | undefined;
  dataDirectory: string;
  logLevel: (typeof LEVELS)[number];
}

/** Throws one error that names every setting that is wrong. An empty variable counts as not set. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map(({ path }) => path[0] as Name))];
    throw new Error(
      `These settings are wrong:\n${names.map((name) => `  ${complaint(name, given[name])}`).join('\n')}`,
    );
  }
  const { HOST, PORT, DATABASE_URL, DIRECT_DATABASE_URL, DATA_DIR, LOG_LEVEL } = parsed.data;
  return {
    host: HOST,
    port: PORT,
    databaseUrl: DATABASE_URL,
    directDatabaseUrl: DIRECT_DATABASE_URL,
    dataDirectory: DATA_DIR,
    logLevel: LOG_LEVEL,
  };
}

/** A database's address is not repeated: it may hold a password. */
function complaint(name: Name, found: string | undefined): string {
  const what = name.endsWith('DATABASE_URL') ? 'something else' : `"${found}"`;
  return `${name}: found ${what}, expected ${EXPECTED[name]}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
