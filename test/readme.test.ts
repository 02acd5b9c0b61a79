// The README is run from top to bottom: what it tells a newcomer to type is typed, and what it shows is what comes back.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test, type Test } from 'tap';
import manifest from '../package.json' with { type: 'json' };

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const HERE = 'http://127.0.0.1:3000';

interface Block {
  language: string;
  text: string;
}

const blocks: Block[] = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language: language!,
  text: text!.trim(),
}));

test('what the README shows is what its commands answer', async (t) => {
  const [start, started, example, table, ...story] = blocks;
  t.same([start!.text, example!.text], ['npm start', 'npm run example']);

  const { url, lines } = await startServer(t);
  const shown = started!.text.replaceAll(HERE, url).replace('./data', lines.at(-2)!.split(/ +/).at(-1)!);
  t.equal(lines.join('\n'), shown);

  const loaded = await run(t, 'npm run example', url);
  for (const line of table!.text.split('\n').filter((row) => row !== '…')) {
    t.ok(loaded.split('\n').includes(line), `the example prints: ${line}`);
  }

  const commands = story.slice(
    0,
    story.findIndex(({ text }) => text === 'npm test'),
  );
  t.equal(commands.length, 16, 'eight commands with their answers');
  for (let i = 0; i < commands.length; i += 2) {
    const answer = JSON.parse(await run(t, commands[i]!.text, url));
    t.same(partOf(answer, JSON.parse(commands[i + 1]!.text)), JSON.parse(commands[i + 1]!.text));
  }
});

test('every script, file and setting that the README and its pages name is there', async (t) => {
  const pages = ['docs/architecture.md', 'docs/decisions.md', 'CONTRIBUTING.md'].map((page) =>
    readFileSync(new URL(`../${page}`, import.meta.url), 'utf8'),
  );
  const text = [README, ...pages].join('\n');
  for (const [, script] of text.matchAll(/`npm run (\w+)/g)) t.hasOwnProp(manifest.scripts, script!);
  for (const [, target] of README.matchAll(/\]\(([\w./-]+)\)/g))
    t.ok(readFileSync(new URL(`../${target}`, import.meta.url)));
  for (const [, folder] of README.matchAll(/^\| `([\w/]+\/)`/gm))
    t.ok(existsSync(new URL(`../${folder!}`, import.meta.url)), `${folder} is there`);
  const settings = readFileSync(new URL('../src/settings.ts', import.meta.url), 'utf8');
  const named = [...README.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  const read = [...settings.matchAll(/^ {2}([A-Z_]+): z/gm)].map(([, name]) => name);
  t.same(new Set(named), new Set(read));
});

/** Starts the server as the README says, on a free port and a folder of its own; its lines up to the last. */
async function startServer(t: Test): Promise<{ url: string; lines: string[] }> {
  const child = spawn('npm', ['start', '--silent'], {
    env: environment({ PORT: '0', DATA_DIR: t.testdir() }),
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  t.teardown(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // To the whole group, as a terminal does on Ctrl-C.
    process.kill(-child.pid!, 'SIGINT');
    await gone;
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (lines.length > 0 || line === 'Demarche is running.') lines.push(line);
    if (line.startsWith('Press Ctrl-C')) break;
  }
  return { url: lines[1]!.replace(/^.*(http:.*)\/v1$/, '$1'), lines };
}

/** Runs a command of the README against the server of the test; what it wrote. */
async function run(t: Test, command: string, url: string): Promise<string> {
  const child = spawn('bash', ['-c', command.replaceAll(HERE, url)], {
    env: environment({ DEMARCHE_URL: url, COLUMNS: '140' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk;
  t.equal(child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve))), 0, command.split('\n')[0]!);
  return output;
}

/** As a user's shell has it: without what the test runner puts into every Node. */
function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, DATABASE_URL: __, ...rest } = process.env;
  return { ...rest, ...more };
}

/** Of `whole`, what `part` has: the same properties of objects, as many first items of arrays. */
function partOf(whole: unknown, part: unknown): unknown {
  if (Array.isArray(part) && Array.isArray(whole)) return part.map((item, index) => partOf(whole[index], item));
  if (part === null || typeof part !== 'object' || whole === null || typeof whole !== 'object') return whole;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, partOf((whole as Record<string, unknown>)[key], value)]),
  );
}
