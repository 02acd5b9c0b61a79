// What is used of Emmett. Declared here because only bench/peers.ts installs it: so the checks of the whole project give the same
// answer whether it is there or not. (Not called emmett.d.ts, which the compiler would take for what it made of emmett.ts.)
declare module '@event-driven-io/dumbo' {
  import type { Pool } from 'pg';

  export interface Dumbo {
    execute: unknown;
    close: () => Promise<void>;
  }
  export function dumbo(options: { connectionString: string; pool: Pool }): Dumbo;
}

declare module '@event-driven-io/emmett-postgresql' {
  import type { Dumbo } from '@event-driven-io/dumbo';

  interface Message {
    type: string;
    data: unknown;
    metadata: { messageId: string };
  }
  interface RecordedMessage {
    data: unknown;
    metadata: { messageId: string; globalPosition: bigint };
  }
  export function getPostgreSQLEventStore(
    connectionString: string,
    options: { connectionOptions: { dumbo: Dumbo } },
  ): {
    appendToStream: (stream: string, events: Message[]) => Promise<unknown>;
    schema: { migrate: () => Promise<unknown> };
  };
  export function readMessagesBatch(
    execute: unknown,
    options: { after: bigint; batchSize: number },
  ): Promise<{ messages: RecordedMessage[] }>;
}
