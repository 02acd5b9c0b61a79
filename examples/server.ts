// The running Demarche that the examples post to, and what they tell the reader on the way.

export const SERVER = process.env.DEMARCHE_URL ?? 'http://127.0.0.1:3000';

/** Something the reader can mend: its message is all there is to say. */
export class Failure extends Error {}

/** What the server answers, be it what was asked for or a problem. */
export async function request(
  server: string,
  path: string,
  init: RequestInit = {},
): Promise<{ ok: boolean; status: number; body: unknown }> {
  const response = await fetch(new URL(path, server), init).catch((cause: unknown) => {
    const advice = 'Start one with `npm start`, or set DEMARCHE_URL to where one is running.';
    throw new Failure(`No Demarche answers at ${server}. ${advice}`, { cause });
  });
  const body: unknown = await response.json().catch(() => null);
  if (body === null) throw new Failure(`${server} answers ${path} with something that is not JSON: it is no Demarche.`);
  return { ok: response.ok, status: response.status, body };
}

/** On a terminal the next line that is printed, always a longer one, takes its place. */
export function progress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`${line}\r`);
  else console.log(line);
}
