// First step of every npm script here: whatever is missing is installed, and nothing happens when nothing is.
// Plain JavaScript that any Node runs, because the host's own may be too old for the rest of Demarche.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = '22.18';
const BORROWED_NODE = '24.21.0';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = path.join(root, 'node_modules');
const lock = path.join(root, '.setup.lock');

if (isMissing()) alone(install);

function isMissing() {
  return dependenciesAreOld() || (needsBorrowedNode() && !borrowedNodeRuns());
}

function install() {
  if (dependenciesAreOld()) {
    say('Installing the dependencies; this happens once and takes about half a minute');
    npm('The dependencies could not be installed', ['ci', '--ignore-scripts']);
  }
  if (needsBorrowedNode() && !borrowedNodeRuns()) {
    const system = { linux: 'linux', win32: 'win' }[process.platform];
    if (!system) fail(`Node ${process.versions.node} is too old: please install Node ${OLDEST_NODE} or newer.`);
    const name = `node-${system}-${process.arch}`;
    say(`Node ${OLDEST_NODE} or newer is needed; borrowing Node ${BORROWED_NODE} for this folder only`);
    // By its platform's name: the package `node` fetches it in an install script, and does nothing where those are off.
    const request = ['install', '--no-save', '--ignore-scripts', `${name}@${BORROWED_NODE}`];
    npm(`Node ${BORROWED_NODE} could not be borrowed; please install Node ${OLDEST_NODE} or newer`, request);
  }
}

function dependenciesAreOld() {
  // npm writes this file last, so it is missing after an installation that was interrupted.
  return modified(path.join(modules, '.package-lock.json')) < modified(path.join(root, 'package-lock.json'));
}

/** Also where this process runs on the borrowed Node itself, which an `npm ci` takes away. */
function needsBorrowedNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE.split('.').map(Number);
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) return true;
  return process.execPath.startsWith(modules + path.sep);
}

function borrowedNodeRuns() {
  const node = path.join(modules, '.bin', 'node');
  if (!existsSync(node)) return false;
  return spawnSync(node, ['--version'], { shell: process.platform === 'win32' }).status === 0;
}

function npm(failure, request) {
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  // On the host's own Node: npm must not stand on the one it may be about to replace.
  const host = (process.env.PATH || '').split(path.delimiter).filter((folder) => !folder.endsWith('node_modules/.bin'));
  const result = spawnSync('npm', request.concat(quiet), {
    cwd: root,
    env: Object.assign({}, process.env, { PATH: host.join(path.delimiter) }),
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.status === 0) return;
  const words = result.error
    ? result.error.message
    : (result.stderr || result.stdout).trim().split('\n').slice(-20).join('\n');
  fail(
    `${failure}. \`npm ${request.join(' ')}\` said:\n\n${words}\n\n` +
      'Check that the npm registry can be reached and that this folder is writable, and try again.',
  );
}

function fail(sentence) {
  console.error(sentence);
  rmSync(lock, { force: true });
  process.exit(1);
}

/** Does the work as the only process of this folder; the others wait and then look again. */
function alone(work) {
  let told = false;
  while (!acquire()) {
    if (!told) say('Waiting for another process to finish installing');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    if (!isMissing()) return;
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock file, complete with its owner, in one step; one whose owner died is taken away first. */
function acquire() {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  if (existsSync(lock) && !isAlive(ownerOf(lock))) removeStaleLock();
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function removeStaleLock() {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
    // Between the look and the rename another process may have done the same and locked anew: that one goes back.
    if (isAlive(ownerOf(aside))) linkSync(aside, lock);
  } catch {
    return;
  } finally {
    rmSync(aside, { force: true });
  }
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return process.pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function say(line) {
  console.log(`${line} …`);
}
