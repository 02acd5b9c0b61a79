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
  /** Cuts every connection, and lets none through. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export async function openProxy(t: Test, url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  const forget = (socket: Socket) => sockets.delete(socket);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    sockets.add(client);
    for (const socket of [client, upstream]) {
      // Whatever ends one side ends the other.
      socket.on('error', () => {});
      socket.on('close', () => {
        forget(client);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => silenced.has(client) || client.write(chunk));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const cut = (how: 'ended' | 'reset') => {
    for (const socket of sockets) how === 'reset' ? socket.resetAndDestroy() : socket.destroy();
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
  through.port = String(port);
  return {
    url: through.href,
    swallowAnswers: () => sockets.forEach((socket) => silenced.add(socket)),
    cut,
    close,
    open: async () => void (await listen(port)),
  };
}
