// Decides where a data folder really is. PostgreSQL must be able to enter it; what only root can enter goes to
// /var/lib/demarche, which outlives reboots and cleaners of temporary files, and a note stays where it was wanted.
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { canEnter, serverAccount } from './server-account.ts';

export const SYSTEM_FOLDER = '/var/lib/demarche';
const NOTE = 'the-data-is-elsewhere.txt';

/** Everything PostgreSQL and its password are in; renamed into place as one, so it is whole or absent. */
export const clusterOf = (directory: string): string => path.join(directory, 'cluster');
export const databaseFolderOf = (cluster: string): string => path.join(cluster, 'postgres');
export const passwordFileOf = (cluster: string): string => path.join(cluster, 'password');

/** The folder to use for the folder wanted, created if missing. */
export async function placeData(wanted: string, log: (line: string) => void): Promise<string> {
  const folder = path.resolve(wanted);
  try {
    return await place(folder, log);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new Error(
      `The data folder ${folder} cannot be used (${message}). It must be a folder this user can write to, on a ` +
        'disk with free space. Set DATA_DIR to such a folder, or DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

async function place(folder: string, log: (line: string) => void): Promise<string> {
  // A note is followed for good: going back once the folder can be entered would look like an empty log.
  const noted = readNote(folder);
  if (noted !== undefined) return noted;

  const account = serverAccount(databaseFolderOf(clusterOf(folder)));
  // Open to enter, closed to list; only the folder of PostgreSQL itself is closed to all but its account.
  makeFolder(folder, account.uid === undefined ? 0o700 : 0o711);
  accessSync(folder, constants.R_OK | constants.W_OK);
  if (await canEnter(folder, account)) return folder;
  if (existsSync(clusterOf(folder))) {
    throw new Error(
      `The data in ${folder} belongs to user id ${account.uid}, which can no longer enter that folder. ` +
        'Make every folder above it enterable again (chmod o+x), or move it to where it can be entered and set DATA_DIR.',
    );
  }
  // A new name each time: who removes the data folder, and the note with it, begins with an empty log.
  const name = `${path.basename(path.dirname(folder))}-${randomBytes(4).toString('hex')}`;
  makeFolder(SYSTEM_FOLDER, 0o755);
  makeFolder(path.join(SYSTEM_FOLDER, name), 0o711);
  const elsewhere = leaveNote(folder, path.join(SYSTEM_FOLDER, name));
  log(`No user but root can enter ${folder}, and PostgreSQL does not run as root: the data is in ${elsewhere}`);
  return elsewhere;
}

function readNote(folder: string): string | undefined {
  const note = path.join(folder, NOTE);
  if (!existsSync(note)) return undefined;
  const elsewhere = readFileSync(note, 'utf8').split('\n')[0] ?? '';
  if (existsSync(elsewhere)) {
    accessSync(elsewhere, constants.R_OK | constants.W_OK);
    return elsewhere;
  }
  throw new Error(
    `${note} says that the data is in ${elsewhere}, and there is no such folder. ` +
      'Put it back, or remove the note to begin with an empty log.',
  );
}

/** The place the note names: another process may have left its own first. */
function leaveNote(folder: string, elsewhere: string): string {
  const draft = path.join(folder, `${path.basename(elsewhere)}.txt`);
  writeFileSync(
    draft,
    `${elsewhere}\n\nThe data of this folder is kept there: PostgreSQL does not run as root, and no other user can ` +
      'enter this folder.\nDemarche follows the first line of this note; without it, it begins with an empty log.\n',
  );
  try {
    linkSync(draft, path.join(folder, NOTE));
    return elsewhere;
  } catch (cause) {
    const noted = readNote(folder);
    if (noted === undefined) throw cause;
    rmdirSync(elsewhere);
    return noted;
  } finally {
    rmSync(draft);
  }
}

function makeFolder(folder: string, mode: number): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  // Beyond the reach of the umask: every folder made here, from the topmost down to the one asked for.
  for (let made = path.dirname(folder); made.length >= first.length; made = path.dirname(made)) chmodSync(made, 0o755);
  chmodSync(folder, mode);
}
