// A way to the database that fails as networks do: answers are lost, connections are cut, nobody is there.
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface Proxy {
  /** The database, by way of the proxy. */
  url: string;
  /** From here on, nothing that the server says on the connections there are comes through. */
  swallowAnswers(): void;
  /** Cuts every connection; new ones are let through. */
  cut(how: 'ended' | 'reset'): void;
  /** Cuts every connection, and drops so many new ones as soon as they are made. */
  drop(times: number): void;
  /** Cuts every connection, and is not there any more. */
  close(): Promise<void>;
}

export async function openProxy(t: Pick<Test, 'teardown'>, url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  let toDrop = 0;
  const server = createServer((client) => {
    if (toDrop > 0) {
      toDrop--;
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port || 5432), target.hostname);
    sockets.add(client);
    for (const socket of [client, upstream]) {
      // Whatever ends one side ends the other.
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => silenced.has(client) || client.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (how: 'ended' | 'reset') => {
    for (const socket of sockets) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut('ended');
    await closed;
  };
  t.teardown(close);

  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    swallowAnswers: () => sockets.forEach((socket) => silenced.add(socket)),
    cut,
    drop: (times) => {
      toDrop = times;
      cut('ended');
    },
    close,
  };
}
