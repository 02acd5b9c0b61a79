// The rules of the house that a linter keeps, broken on purpose in a copy: a linter that checks nothing says nothing.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { outcome, startNode } from './support/start-node.ts';

const root = path.resolve(import.meta.dirname, '..');

const REFUSED = {
  'src/domain': [
    '../access/x.ts',
    '../events/x.ts',
    '../projections/x.ts',
    '../http/x.ts',
    '../database/x.ts',
    '../main.ts',
    'fastify',
    'pg',
    'kysely',
    'pino',
    'uuid',
    'node:fs',
    'edtf-x',
    'zod-openapi',
  ],
  'src/domain/deeper': ['../../events/x.ts', '../../http/x.ts', 'node:crypto'],
  'src/events': ['../access/x.ts', '../projections/x.ts', '../http/x.ts', '../main.ts', 'fastify', '@fastify/swagger'],
  'src/projections': ['../access/x.ts', '../http/x.ts', '../rebuild.ts', 'fastify', 'fastify-zod-openapi'],
  'src/http': ['../database/x.ts', '../main.ts', 'pg', 'pg-copy-streams', 'kysely', 'kysely/migration'],
  'src/access': ['../projections/x.ts', '../http/x.ts', '../database/x.ts', '../settings.ts', 'fastify'],
  'src/database': [
    '../access/x.ts',
    '../domain/x.ts',
    '../events/x.ts',
    '../projections/x.ts',
    '../http/x.ts',
    'fastify',
  ],
  test: ['../src/main.ts'],
  scripts: ['../src/rebuild.ts', '../src/keys.ts'],
};
const ALLOWED = {
  'src/domain': ['zod', 'zod/v4', 'edtf', './x.ts', './deeper/x.ts'],
  'src/domain/deeper': ['../x.ts', 'zod'],
  'src/events': ['../domain/x.ts', '../database/x.ts', 'pg', 'kysely', 'node:crypto'],
  'src/projections': ['../domain/x.ts', '../events/x.ts', './rebuild.ts', 'kysely'],
  'src/access': ['../domain/x.ts', '../events/x.ts', 'kysely', 'jose'],
  'src/http': ['../access/x.ts', '../domain/x.ts', '../events/x.ts', '../projections/x.ts', 'fastify', 'node:http'],
  'src/database': ['./x.ts', 'pg', 'kysely', 'node:fs'],
  src: ['./http/x.ts', './database/x.ts', './events/x.ts', 'pino'],
  test: ['../src/http/x.ts'],
};

type Finding = { filename: string; code: string; labels: { span: { line: number } }[] };

async function lint(folder: string): Promise<Finding[]> {
  const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');
  const { output, complaint } = await outcome(startNode([oxlint, '--type-aware', '-f', 'json'], { cwd: folder }));
  if (!output) throw new Error(`oxlint answered nothing: ${complaint}`);
  return (JSON.parse(output) as { diagnostics: Finding[] }).diagnostics;
}

async function write(folder: string, file: string, lines: string[]): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), `${lines.join('\n')}\n`);
}

/** Outside the repository, because the linter passes over what git ignores. */
async function emptyCopy(t: Test): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), 'demarche-house-'));
  t.teardown(() => rm(copy, { recursive: true }));
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) {
    await cp(path.join(root, file), path.join(copy, file));
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

const asImports = (names: string[]) => names.map((name, index) => `export { x${index} } from '${name}';`);

t.test('an import that points up is refused, one that points down is not', async (t) => {
  const copy = await emptyCopy(t);
  for (const [folder, names] of Object.entries(REFUSED)) await write(copy, `${folder}/refused.ts`, asImports(names));
  for (const [folder, names] of Object.entries(ALLOWED)) await write(copy, `${folder}/allowed.ts`, asImports(names));

  const restricted = (await lint(copy)).filter(({ code }) => code === 'eslint(no-restricted-imports)');
  for (const [folder, names] of Object.entries(REFUSED)) {
    const lines = restricted
      .filter(({ filename }) => filename === `${folder}/refused.ts`)
      .map(({ labels }) => labels[0]?.span.line ?? 0);
    const found = names.filter((_, index) => lines.includes(index + 1));
    t.same(found, names, `${folder} may not import any of these`);
  }
  t.same(
    restricted.filter(({ filename }) => filename.endsWith('allowed.ts')),
    [],
    'nothing else is refused',
  );
});

t.test('every folder of src has its import directions', async (t) => {
  const config = await readFile(path.join(root, '.oxlintrc.json'), 'utf8');
  const entries = await readdir(path.join(root, 'src'), { withFileTypes: true });
  for (const folder of entries.filter((entry) => entry.isDirectory())) {
    t.match(config, `"src/${folder.name}/**"`, `src/${folder.name} is named in .oxlintrc.json`);
  }
});

t.test('a promise nobody waits for is refused', async (t) => {
  const copy = await emptyCopy(t);
  await write(copy, 'src/forgotten.ts', [
    'const work = async (): Promise<number> => 1;',
    'export function start(): void {',
    '  work();',
    '}',
  ]);
  const codes = (await lint(copy)).map(({ code }) => code);
  t.match(codes, ['typescript(no-floating-promises)']);
});
