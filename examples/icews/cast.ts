// The six actors of the file, as Demarche names them, and the offices in which three of them speak for the other three.
import { idOf } from './id-of.ts';

export const ACTORS: Record<string, string> = {
  Germany: 'germany',
  Russia: 'russia',
  Ukraine: 'ukraine',
  'Olaf Scholz': 'olaf-scholz',
  'Vladimir Putin': 'vladimir-putin',
  'Volodymyr Zelensky': 'volodymyr-zelenskiy',
};

const OFFICES = [
  { actor: 'olaf-scholz', office: 'Federal Chancellor', of: 'germany', from: '2021-12-08' },
  { actor: 'vladimir-putin', office: 'President of Russia', of: 'russia', from: '2012-05-07' },
  { actor: 'volodymyr-zelenskiy', office: 'President of Ukraine', of: 'ukraine', from: '2019-05-20' },
];

/** Registers those of the actors that are not there yet, and then their offices. */
export function castEvents(missing: string[]) {
  const people = OFFICES.map(({ actor }) => actor);
  const registered = Object.entries(ACTORS).map(([name, actor]) => ({
    id: idOf(`actor ${actor}`),
    type: 'ActorRegistered',
    occurred: '2022-01-01',
    data: { actor, kind: people.includes(actor) ? 'person' : 'state', name },
  }));
  const assumed = OFFICES.map(({ from, ...data }) => ({
    id: idOf(`office ${data.actor}`),
    type: 'OfficeAssumed',
    occurred: from,
    data,
  }));
  return [...registered, ...assumed].filter(({ data }) => missing.includes(data.actor));
}
