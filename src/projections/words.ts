// Full text without a dictionary: whole words in any case, and phrases of them. PostgreSQL's own parser takes some things for
// addresses and numbers, and is slower.
import type { Column } from './table.ts';

/** The words of texts and where they stand, for searching. */
export const wordIndex: Column<string> = { sql: 'tsvector not null' };

/** PostgreSQL takes words of up to 2,046 bytes. */
const LONGEST = 500;

/** The words of several texts as a `tsvector`; no phrase reaches from one text into the next. */
export function indexWords(texts: string[]): string {
  const places = new Map<string, number[]>();
  let place = 0;
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      const own = places.get(word);
      if (own) own.push(++place);
      else places.set(word, [++place]);
    }
    place++;
  }
  return [...places].map(([word, own]) => `${word}:${own.join()}`).join(' ');
}

/** The words of a text, one after the other, as a `tsquery`; it finds nothing where there is no word in the text. */
export function phraseOf(text: string): string {
  return wordsOf(text).join(' <-> ');
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.map((word) => (word.length > LONGEST ? Array.from(word).slice(0, LONGEST).join('') : word));
}
