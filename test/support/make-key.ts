// A key of a Demarche that runs in the process of the test, and the header to send it in.
import { createKey, type NewKey } from '../../src/access/access-keys.ts';
import type { Demarche } from './demarche.ts';

export interface MadeKey {
  id: number;
  text: string;
  headers: { authorization: string };
}

export async function makeKey({ access, log }: Demarche, asked: Partial<NewKey> = {}): Promise<MadeKey> {
  const { key, text } = await createKey(log, {
    name: 'a key of the tests',
    role: 'admin',
    issues: null,
    expires: null,
    createdBy: 'the tests',
    ...asked,
  });
  await access.look();
  return { id: key.id, text, headers: { authorization: `Bearer ${text}` } };
}
