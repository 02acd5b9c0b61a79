// One event is proven to be in the log, and one head to go on from another, against nothing but a root that was kept.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import {
  BLOCK,
  blockHashOf,
  consistencyPath,
  inclusionPath,
  treeHash,
  type Entries,
} from '../src/events/merkle-tree.ts';
import { LogTree } from '../src/events/log-tree.ts';
import { startDemarche } from './support/demarche.ts';
import { rowsOf } from './support/log-hashes.ts';
import { idOf, range } from './support/log-submissions.ts';
import { outcome, startNode } from './support/start-node.ts';

const sha = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** As RFC 9162 defines it, from all entries. */
function rootOf(entries: Buffer[]): Buffer {
  if (entries.length === 0) return sha();
  if (entries.length === 1) return sha('\x00', entries[0]!);
  let left = 1;
  while (left * 2 < entries.length) left *= 2;
  return sha('\x01', rootOf(entries.slice(0, left)), rootOf(entries.slice(left)));
}

const entriesOf = (count: number) => range(1, count).map((number) => sha(`entry ${number}`));

/** Entries with the hashes of their blocks, as the log keeps them. */
function treeOf(all: Buffer[]): Entries {
  const blocks = range(1, Math.floor(all.length / BLOCK)).map((n) =>
    blockHashOf(all.slice((n - 1) * BLOCK, n * BLOCK)),
  );
  return { blockHash: (block) => blocks[block]!, entry: (index) => all[index]! };
}

/** RFC 9162, 2.1.4.2. */
function isConsistent(from: number, to: number, path: Buffer[], earlier: Buffer, later: Buffer): boolean {
  if (from === to) return path.length === 0 && earlier.equals(later);
  const all = Number.isInteger(Math.log2(from)) ? [earlier, ...path] : path;
  let [at, last] = [from - 1, to - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [one, other] = [all[0]!, all[0]!];
  for (const hash of all.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      one = sha('\x01', hash, one);
      other = sha('\x01', hash, other);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else other = sha('\x01', other, hash);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && one.equals(earlier) && other.equals(later);
}

t.test('the tree is that of RFC 9162, put together from blocks or not', async (t) => {
  t.equal(
    treeHash(treeOf([]), 0, 0).toString('hex'),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  const all = entriesOf(3 * BLOCK + 5);
  for (const size of [
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    1_000,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    2 * BLOCK,
    2 * BLOCK + 700,
    all.length,
  ]) {
    const some = all.slice(0, size);
    t.same(treeHash(treeOf(some), 0, size), rootOf(some), `${size} entries`);
  }
});

t.test('a later tree is consistent with every earlier one, and with no other', async (t) => {
  const all = entriesOf(BLOCK + 40);
  const pairs = range(1, 20).flatMap((to) => range(1, to).map((from) => [from, to] as const));
  const far = [
    [1, BLOCK],
    [BLOCK - 1, BLOCK + 3],
    [BLOCK, BLOCK + 40],
    [BLOCK + 7, BLOCK + 40],
    [600, BLOCK + 40],
  ] as const;
  for (const [from, to] of [...pairs, ...far]) {
    const path = consistencyPath(treeOf(all.slice(0, to)), from, to);
    const [earlier, later] = [rootOf(all.slice(0, from)), rootOf(all.slice(0, to))];
    t.ok(isConsistent(from, to, path, earlier, later), `${from} and ${to}`);
    t.notOk(isConsistent(from, to, path, sha(earlier), later), `${from} and ${to}: another beginning`);
  }
});

/** The script of the docs, as somebody runs it who has nothing but the answer and a root. */
const prove = async (proof: object, root: string) => {
  const child = startNode(['docs/prove-event.mjs', root]);
  child.stdin.end(JSON.stringify(proof));
  return outcome(child);
};

const says = (number: number) => ({
  id: idOf(number),
  type: 'StatementMade',
  occurred: '2024-11-15',
  data: { speaker: 'germany', summary: `Statement ${number}, “quoted”` },
  source: { title: 'A readout' },
});
const germany = {
  type: 'ActorRegistered',
  occurred: '2024',
  data: { actor: 'germany', kind: 'state', name: 'Germany' },
};

t.test('the script of the docs proves an event under any head, and nothing that was tampered with', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(germany, ...range(2, 21).map(says));
  const ask = async (path: string) => (await demarche.get(path)).body;
  const hashes = (await rowsOf(demarche.log.db)).map(({ hash }) => hash);
  for (const head of range(1, 21)) {
    const { hash, root } = await ask(`/v1/log/root?sequence=${head}`);
    t.equal(root, rootOf(hashes.slice(0, head)).toString('hex'), `root at ${head}`);
    t.equal(hash, hashes[head - 1]!.toString('hex'));
  }
  for (const [sequence, head] of [
    [2, 2],
    [2, 3],
    [5, 9],
    [8, 8],
    [9, 16],
    [16, 17],
    [17, 17],
    [7, 21],
    [21, 21],
  ] as const) {
    const { root } = await ask(`/v1/log/root?sequence=${head}`);
    const proof = await ask(`/v1/events/${idOf(sequence)}/proof?head=${head}`);
    const { code, output } = await prove(proof, root);
    t.equal(code, 0, `${sequence} under ${head}`);
    t.match(
      output,
      `Event ${sequence} is in the log: {"data":{"speaker":"germany","summary":"Statement ${sequence}, “quoted”"}`,
    );
  }

  const { root } = await ask('/v1/log/root?sequence=13');
  const proof = await ask(`/v1/events/${idOf(7)}/proof?head=13`);
  t.equal((await prove(proof, root)).code, 0);
  const turned = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1);
  const forged: [name: string, proof: object, root?: string][] = [
    ['content', { ...proof, content: proof.content.replace('Statement 7', 'Statement 8') }],
    ['content without its hash', { ...proof, content: null, contentHash: turned(proof.contentHash) }],
    ['place', { ...proof, place: proof.place.with(6, 'somebody else') }],
    ['sequence', { ...proof, index: 7 }],
    ['size', { ...proof, size: 7 }],
    ['previous', { ...proof, previous: turned(proof.previous) }],
    ['path', { ...proof, path: proof.path.with(1, turned(proof.path[1])) }],
    ['shorter path', { ...proof, path: proof.path.slice(0, -1) }],
    ['longer path', { ...proof, path: [...proof.path, proof.path[0]] }],
    ['another event', { ...(await ask(`/v1/events/${idOf(8)}/proof?head=13`)), content: proof.content }],
    ['a root of its own', { ...proof, root: turned(proof.root) }, turned(proof.root)],
    ['the root of another head', proof, (await ask('/v1/log/root?sequence=14')).root],
    ['no root', proof, ''],
  ];
  for (const [name, tampered, against = root] of forged)
    t.match(await prove(tampered, against), { code: 1, output: /^NOT proven/ }, name);

  const { from, to, path } = await ask('/v1/log/consistency?from=13');
  t.match({ from, to }, { from: { sequence: 13, root }, to: { sequence: 21 } });
  const asHashes = path.map((hash: string) => Buffer.from(hash, 'hex'));
  t.ok(isConsistent(13, 21, asHashes, Buffer.from(from.root, 'hex'), Buffer.from(to.root, 'hex')));

  const refused = (parameter: string) => ({ status: 400, body: { code: 'invalid_request', errors: [{ parameter }] } });
  t.match(await demarche.get('/v1/log/root?sequence=22'), refused('sequence'));
  t.match(await demarche.get(`/v1/events/${idOf(7)}/proof?head=6`), refused('head'));
  t.match(await demarche.get(`/v1/events/${idOf(7)}/proof?head=22`), refused('head'));
  t.match(await demarche.get('/v1/log/consistency?from=9&to=8'), refused('from'));
  t.match(await demarche.get('/v1/log/consistency?from=0'), refused('from'));
  t.match(await demarche.get(`/v1/events/${idOf(99)}/proof`), { status: 404 });
});

t.test('hashes of whole blocks are kept, are the same for all who ask at once, and fill again', async (t) => {
  const demarche = await startDemarche(t);
  const { log } = demarche;
  await demarche.record(germany);
  for (const first of [2, 1_002, 2_002]) await demarche.record(...range(first, first + 999).map(says));
  const hashes = (await rowsOf(log.db)).map(({ hash }) => hash);
  const root = rootOf(hashes).toString('hex');
  await t.rejects(
    new LogTree(log, 0).rootAt(3_001),
    /0 of 2 blocks are\. Ask again shortly/,
    'who does not wait is told so',
  );
  const trees = [new LogTree(log, Infinity), new LogTree(log, Infinity)];
  const asked = await Promise.all([...trees, ...trees].map((tree) => tree.rootAt(3_001)));
  t.same(new Set(asked.map((answer) => answer.root)), new Set([root]));
  const kept = async () =>
    (await sql<{ block: number }>`select block from log.merkle_block order by block`.execute(log.db)).rows;
  t.same(await kept(), [{ block: 0 }, { block: 1 }]);
  await sql`delete from log.merkle_block where block = 0`.execute(log.db);
  for (const sequence of [2, BLOCK, BLOCK + 1, 2 * BLOCK + 1, 3_001]) {
    const proof = (await demarche.get(`/v1/events/${idOf(sequence)}/proof`)).body;
    t.equal((await prove(proof, root)).code, 0, `${sequence}`);
    const tree = treeOf(hashes);
    t.same(
      proof.path,
      inclusionPath(tree, sequence - 1, 0, 3_001).map((hash) => hash.toString('hex')),
    );
  }
  t.same(await kept(), [{ block: 0 }, { block: 1 }]);
  await sql`truncate log.merkle_block`.execute(log.db);
  t.equal((await demarche.get('/v1/log/root')).body.root, root);
  const earlier = (await demarche.get('/v1/log/root?sequence=1500')).body;
  t.equal(earlier.root, rootOf(hashes.slice(0, 1_500)).toString('hex'));
  const { path, to } = (await demarche.get('/v1/log/consistency?from=1500')).body;
  const asHashes = path.map((hash: string) => Buffer.from(hash, 'hex'));
  t.ok(isConsistent(1_500, 3_001, asHashes, Buffer.from(earlier.root, 'hex'), Buffer.from(to.root, 'hex')));
});
