// What stands around the data of generated events: whose paper it is, who says so in it, how it is graded and coded.
import type { Step } from './generate-log.ts';

/** Named by a publisher, an address, a title, or not at all; the same one in several ways of writing. */
export const SOURCES = [
  undefined,
  { publisher: 'The Herald', title: 'A report' },
  { publisher: 'the herald', url: 'https://other.example/1' },
  { url: 'https://herald.example/a?b=c' },
  { url: 'http://HERALD.example:8080/' },
  { title: 'A Report' },
  { title: 'a report', published: '2024-03' },
  { published: '2024', language: 'en' },
  { publisher: 'Gazette' },
] as const;

export const GRADES = [
  undefined,
  { reliability: 'A', credibility: 3 },
  { reliability: 'F' },
  { credibility: 1 },
  { reliability: 'C', credibility: 6 },
] as const;

export const CODINGS = [
  undefined,
  undefined,
  undefined,
  { cameo: '190', codedBy: 'A' },
  { cameo: '036', codedBy: 'B' },
];

export const LINKS = [
  'actor',
  'on record',
  'anonymous',
  'anonymous first',
  'anonymous last',
  'anonymous both',
] as const;

/** The links of a chain: on record or anonymous, for the whole or for the first and the last field of the data. */
export function attributionOf({ links, whom }: Step, data: object): object[] | undefined {
  const fields = Object.keys(data);
  const [first, last] = [fields.at(0), fields.at(-1)];
  const chain = links.map((link) => {
    switch (link) {
      case 'actor':
        return { actor: whom };
      case 'on record':
        return { label: 'A spokesman', record: 'on_record', parts: [first] };
      case 'anonymous':
        return { label: 'A diplomat', record: 'anonymous' };
      case 'anonymous first':
        return { label: 'A diplomat', record: 'anonymous', parts: [first] };
      case 'anonymous last':
        return { label: 'A source', record: 'anonymous', parts: [last] };
      case 'anonymous both':
        return { label: 'A source', record: 'anonymous', parts: [last, first] };
    }
  });
  return chain.length > 0 ? chain : undefined;
}

export function stanceOf({ issue, position, firmness, form, target }: Step) {
  const conditions = [undefined, { added: ['this'] }, { dropped: ['that'] }][target % 3];
  return { issue, position, firmness, conditions, ...(form === 1 && { claimedReiteration: true }) };
}
