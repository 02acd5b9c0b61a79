// The numbered .sql files of a folder, in order, each with a hash of its content.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = /^\d{4}-[a-z0-9-]+\.sql$/;

/** Two levels up from src/database. */
export const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));

export type MigrationFile = { name: string; sql: string; hash: string };

export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).toSorted();
  const numbers = new Map<string, string>();
  for (const file of files) {
    const twin = numbers.get(file.slice(0, 4));
    if (!NAME.test(file) || twin !== undefined) {
      throw new Error(
        `The migration ${file} in ${directory} ${twin ? `has the number of ${twin}` : 'has a name without an order'}. ` +
          'Name it by a number of four digits of its own and lower-case words: 0002-what-it-does.sql.',
      );
    }
    numbers.set(file.slice(0, 4), file);
  }
  return Promise.all(files.map((file) => readMigration(directory, file)));
}

async function readMigration(directory: string, file: string): Promise<MigrationFile> {
  // A checkout on Windows may have other line ends; that changes nothing of what the file does.
  const text = (await readFile(path.join(directory, file), 'utf8')).replaceAll('\r\n', '\n');
  return {
    name: path.basename(file, '.sql'),
    sql: text,
    hash: createHash('sha256').update(text).digest('hex'),
  };
}
