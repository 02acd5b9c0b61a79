import { spawn } from 'node:child_process';

/** What a script measures in a process of its own, where nothing that ran before it counts. It tells that as JSON. */
export async function measureApart<Measured>(
  script: string,
  args: string[],
  settings: string[] = [],
): Promise<Measured> {
  const child = spawn(process.execPath, [...settings, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk;
  if (output === '') throw new Error(`Nothing was measured by ${script}.`);
  return JSON.parse(output) as Measured;
}
