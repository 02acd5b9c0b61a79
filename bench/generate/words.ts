// Sentences that say nothing, of the length and the vocabulary that reports have.
import type { Random } from './random.ts';

const WORDS = [
  'the government of a neighbour, the joint communiqué, the second round, a senior official, the ceasefire line, the working group',
  'export licences, the grain corridor, a list of conditions, the border commission, security guarantees, the transit agreement',
  'an exchange of prisoners, the inspection regime, the draft resolution, a fisheries quota, the customs union, the arms embargo',
  'a humanitarian convoy, the river treaty, the observer mission, a frozen account, the interim statute, an air corridor',
].flatMap((line) => line.split(', '));

const VERBS = [
  'bears on, depends on, goes beyond, falls short of, is to precede, may follow from, leaves open, takes up, rests on, does without',
  'has been put before, is not to be confused with, remains tied to, was delayed by, opens the way to, calls into question',
].flatMap((line) => line.split(', '));

const ENDS = [
  ', as before',
  ' for the time being',
  ' until the end of the year',
  ', whatever others say',
  ' in the view of both sides',
  '',
];

/** So many sentences of some 70 characters each. */
export function sentences(random: Random, count: number): string {
  return Array.from({ length: count }, () => sentence(random)).join(' ');
}

/** A few words, for titles and topics. */
export function phrase(random: Random): string {
  return `${capitalised(random.pick(WORDS))} and ${random.pick(WORDS)}`;
}

function sentence(random: Random): string {
  return `${capitalised(random.pick(WORDS))} ${random.pick(VERBS)} ${random.pick(WORDS)}${random.pick(ENDS)}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
