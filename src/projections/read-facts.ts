// Reads the content of facts from the log, in the account that a read model knows.
import { factsOf, type Fact } from '../domain/fact.ts';
import type { LogStore } from '../events/log-database.ts';
import { readSequences } from '../events/read-log.ts';

/** One account of a fact: the fact's own sequence, and the corrections that make it read like this. */
export interface Account {
  event: string;
  sequence: number;
  corrections: number[];
}

/** The facts as these accounts tell them, in their order. */
export async function readFacts(log: LogStore, accounts: Account[]): Promise<Fact[]> {
  const recorded = await readSequences(log, [
    ...new Set(accounts.flatMap(({ sequence, corrections }) => [sequence, ...corrections])),
  ]);
  const bySequence = new Map(recorded.map((event) => [event.sequence, event]));
  return accounts.map(({ event, sequence, corrections }) => {
    const account = [sequence, ...corrections].map((one) => bySequence.get(one)!);
    return factsOf(account).get(event)!;
  });
}
