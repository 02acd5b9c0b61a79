// Hears of appends made by other nodes: a connection of its own that LISTENs, because a pool or a proxy would lose what it hears.
// Nothing depends on it but speed: whoever is woken also looks by itself from time to time.
import { Client } from 'pg';

const RETRY_MS = 1_000;

export type ListenOptions = {
  log?: { warn(details: object, message: string): void };
};

export type Listener = { stop: () => Promise<void> };

/** Calls `onWord` whenever something is notified on the channel, and once after every reconnection, for what was missed. */
export function listen(url: string, channel: string, onWord: () => void, options: ListenOptions = {}): Listener {
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  const open = async (): Promise<void> => {
    const next = new Client({ connectionString: url, application_name: 'demarche listener', keepAlive: true });
    client = next;
    next.on('notification', onWord);
    next.on('error', (error) => options.log?.warn({ err: error }, 'The connection that listens for appends was lost'));
    next.once('end', again);
    try {
      await next.connect();
      await next.query(`listen ${next.escapeIdentifier(channel)}`);
      onWord();
    } catch (error) {
      options.log?.warn({ err: error }, 'Cannot listen for appends at the moment');
      await next.end();
      again();
    }
  };
  const again = (): void => {
    clearTimeout(retry);
    if (!stopped) retry = setTimeout(() => void open(), RETRY_MS);
  };

  void open();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}
