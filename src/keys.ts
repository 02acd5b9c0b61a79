// `npm run keys -- create|list|revoke`: the keys of the API, made beside a server that runs or before it is started.
import { parseArgs } from 'node:util';
import { createKey, readKeys, revokeKey, unknownIssues, type AccessKey } from './access/access-keys.ts';
import { expiryMeant } from './access/expiry.ts';
import { ROLES, type Role } from './access/role.ts';
import { createLogger } from './create-logger.ts';
import type { LogStore } from './events/log-database.ts';
import { openDatabase } from './open-database.ts';
import { readSettings } from './settings.ts';

const HELP = `Usage: npm run keys -- create --name <text> --role <role> [options]
       npm run keys -- list
       npm run keys -- revoke <id>

Makes, lists and revokes the keys of the API. A key is shown once, when it is made; a server that runs knows of it within a second.

  --name <text>       whose it is, or what it is for
  --role <role>       reader (asks), recorder (also records) or admin (everything)
  --issues <a,b>      for a recorder: what it records names these issues alone
  --expires <when>    a day (to its end, UTC) or a moment (2027-01-01T12:00:00Z); never where it is left out
  --help              show this`;

/** Who makes and revokes keys by this command: whoever has the database. */
const BY = 'local';

/** More keys than anybody reads through. */
const MOST_LISTED = 1_000;

const LONGEST_NAME = 200;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      role: { type: 'string' },
      issues: { type: 'string' },
      expires: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, ...rest] = positionals;
  if (values.help) console.log(HELP);
  else await withLog(workOf(command, rest, values));
} catch (error) {
  console.error((error as Error).message.replace(/^(Unknown option [^.]*)\..*$/s, '$1. See npm run keys -- --help.'));
  process.exitCode = 1;
}

type Work = (log: LogStore) => Promise<void>;
type Asked = Partial<Record<'name' | 'role' | 'issues' | 'expires', string>>;

/** What is asked for; whatever is wrong with it is said before a database is opened. */
function workOf(command: string | undefined, [id, ...more]: string[], asked: Asked): Work {
  if (command === 'create' && id === undefined) return creation(asked);
  if (command === 'list' && id === undefined) return list;
  if (command === 'revoke' && more.length === 0 && /^[1-9]\d{0,14}$/.test(id ?? '')) return revocation(Number(id));
  const found = ['create', 'list', 'revoke'].includes(command ?? '')
    ? `"${[command, id, ...more].join(' ').trim()}"`
    : 'another command';
  throw new Error(`Found ${found}, expected create, list, or revoke and the id of a key. See npm run keys -- --help.`);
}

async function withLog(work: Work): Promise<void> {
  const settings = readSettings(process.env);
  const logger = createLogger(settings.logLevel === 'info' ? 'warn' : settings.logLevel);
  const { log, close } = await openDatabase(settings, logger);
  try {
    await work(log);
  } finally {
    await close();
  }
}

function creation({ name, role, issues: listed, expires: until }: Asked): Work {
  if (!name?.trim() || name.length > LONGEST_NAME)
    throw new Error(
      `--name: found ${name ? 'another text' : 'nothing'}, expected 1 to ${LONGEST_NAME} characters: whose the key is.`,
    );
  if (!isRole(role)) throw new Error(`--role: found ${shown(role)}, expected ${ROLES.join(', ')}.`);
  const issues = listed === undefined ? null : listed.split(',').map((issue) => issue.trim());
  if (issues && role !== 'recorder')
    throw new Error(
      `--issues: found a limit for the role ${role}, expected one for a recorder: it limits what is recorded.`,
    );
  const expires = until === undefined ? null : expiryMeant(until);
  if (expires === undefined || (expires !== null && Date.parse(expires) <= Date.now()))
    throw new Error(
      `--expires: found ${shown(until)}, expected a day or a moment to come (2027-01-01, 2027-01-01T12:00:00Z).`,
    );
  return async (log) => {
    const unknown = await unknownIssues(log, issues ?? []);
    if (unknown.length > 0) throw new Error(`--issues: found ${unknown.map(shown).join(', ')}, expected open issues.`);
    const { key, text } = await createKey(log, { name, role, issues, expires, createdBy: BY });
    // Apart from the words about it, so that a script can take it.
    console.error(
      `Key ${key.id}, "${name}" (${role}), was made. It is shown this once; send it as  Authorization: Bearer …`,
    );
    console.log(text);
  };
}

async function list(log: LogStore): Promise<void> {
  const keys = await readKeys(log, { before: null, limit: MOST_LISTED });
  console.log(keys.length === 0 ? 'There are no keys.' : keys.map(line).join('\n'));
}

function revocation(id: number): Work {
  return async (log) => {
    const revoked = await revokeKey(log, id, BY);
    if (!revoked) throw new Error(`There is no key ${id}. See npm run keys -- list.`);
    console.log(line(revoked));
  };
}

function line({ id, name, role, issues, created, expires, revoked }: AccessKey): string {
  const state =
    revoked !== null
      ? `revoked ${revoked}`
      : expires === null
        ? 'good until it is revoked'
        : `${Date.parse(expires) <= Date.now() ? 'expired' : 'good until'} ${expires}`;
  const limit = issues === null ? '' : `, for ${issues.join(', ')}`;
  return `${id}  ${name}  ${role}${limit}  made ${created}  ${state}`;
}

function isRole(text: string | undefined): text is Role {
  return (ROLES as readonly (string | undefined)[]).includes(text);
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : `"${text}"`;
}
