// PostgreSQL refuses to run as root. This finds the account that runs it instead, and what that account can reach.
// For anybody but root it is the account Demarche itself runs under.
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NOBODY = { uid: 65534, gid: 65534 };

/** Spawn options: empty where PostgreSQL runs as ourselves. */
export type ServerAccount = { uid?: number; gid?: number };

/** The account for a database folder: whoever owns it already, else `postgres`, else `nobody`. */
export function serverAccount(databaseFolder: string): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(databaseFolder, { throwIfNoEntry: false });
  // A `postgres` user that appears after the first start must not change who owns the files.
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const entry = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return entry ? { uid: Number(entry[1]), gid: Number(entry[2]) } : NOBODY;
}

export async function canEnter(folder: string, account: ServerAccount): Promise<boolean> {
  if (account.uid === undefined) return true;
  // Asked of the system itself: permission bits alone say nothing of access lists or mount options.
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...account, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** PostgreSQL reads PG… variables of its caller, and refuses to start under a locale it does not know. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))),
  LC_ALL: 'C',
});
