// The settings of a process, read from the environment once. Everything wrong with them is said at once.
import { z } from 'zod';

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DATABASE_URL: z
    .url({ protocol: /^postgres(?:ql)?$/, error: 'expected a URL that begins with postgres://' })
    .optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|::1)$/;

export interface Settings {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** A PostgreSQL from 15 on; the embedded one where it is undefined. */
  databaseUrl: string | undefined;
  dataDirectory: string;
  logLevel: z.infer<typeof schema>['LOG_LEVEL'];
}

/** Throws one error that names every setting that is wrong. An empty variable counts as not set. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const host = parsed.data?.HOST ?? given['HOST'];
  if (host !== undefined && !LOOPBACK.test(host)) {
    wrong.push(
      `HOST: found "${host}"; without access keys Demarche listens on the loopback only, so expected 127.0.0.1, localhost or ::1`,
    );
  }
  if (!parsed.success || wrong.length > 0)
    throw new Error(`These settings are wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
  const { HOST, PORT, DATABASE_URL, DATA_DIR, LOG_LEVEL } = parsed.data;
  return { host: HOST, port: PORT, databaseUrl: DATABASE_URL, dataDirectory: DATA_DIR, logLevel: LOG_LEVEL };
}
