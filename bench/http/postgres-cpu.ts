// What a database server has cost so far, as the system counts it.
import { readdir, readFile } from 'node:fs/promises';

const TICKS_A_SECOND = 100;

/**
 * Seconds of a processor that a PostgreSQL server has used so far, all its processes together; NaN where the system does not tell
 * as Linux does (proc(5)).
 */
export async function postgresCpu(postmaster: number): Promise<number> {
  const own = await statOf(postmaster);
  if (!own) return NaN;
  const all = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .map(statOf),
  );
  const children = all.filter((stat) => stat?.parent === postmaster);
  // What has ended is counted with whoever waited for it.
  const ticks = own.used + own.usedByEnded + children.reduce((sum, stat) => sum + stat!.used, 0);
  return ticks / TICKS_A_SECOND;
}

async function statOf(pid: number) {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, parent, ...fields] = line
      .slice(line.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user, system, endedUser, endedSystem] = fields.slice(9) as [number, number, number, number];
    return { parent: parent!, used: user + system, usedByEnded: endedUser + endedSystem };
  } catch {
    // It has ended meanwhile, or there is no such folder.
    return undefined;
  }
}
