// A transaction-pooling proxy, as PgBouncer is one: a client has a connection to the server only for the length of a transaction,
// and mostly another one for the next. What a session keeps (what it LISTENs to, what it has SET) is kept for nobody.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import type { Test } from 'tap';

export interface PoolingProxy {
  /** The database, by way of the proxy. */
  url: string;
  /** So many transactions were served. */
  transactions(): number;
  /** Every client that is or was there, each with the connections to the server that it has had. */
  used(): { client: string; servers: number }[];
}

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;

/** What the server says of itself at the start of a session, which clients expect to hear. */
const STATUS: Record<string, string> = {
  server_version: '',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  integer_datetimes: 'on',
};

export async function openPoolingProxy(t: Test, url: string, size: number): Promise<PoolingProxy> {
  const pool = new ServerPool(url, size);
  STATUS['server_version'] = await pool.open();
  const sessions: Session[] = [];
  const server = createServer({ noDelay: true }, (socket) => void sessions.push(new Session(socket, pool)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const session of sessions) session.close();
    pool.close();
  });
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    transactions: () => sessions.reduce((all, { transactions }) => all + transactions, 0),
    used: () => sessions.map(({ name, servers }) => ({ client: name, servers: servers.size })),
  };
}

/** A connection to the server. */
interface Upstream {
  socket: Socket;
  /** Told of what the server says; null while no client has the connection. */
  onMessage: ((type: string, message: Buffer) => void) | null;
}

class ServerPool {
  readonly #url: string;
  readonly #size: number;
  readonly #open = new Set<Upstream>();
  readonly #free: Upstream[] = [];
  readonly #waiting: ((upstream: Upstream) => void)[] = [];
  #closed = false;

  constructor(url: string, size: number) {
    this.#url = url;
    this.#size = size;
  }

  /** Opens all connections; answers the version of the server. */
  async open(): Promise<string> {
    const probe = new Client({ connectionString: this.#url });
    await probe.connect();
    // As whoever runs such a proxy has to: what a client asks for at its start does not reach the server.
    await probe.query(`alter database ${probe.escapeIdentifier(probe.database!)} set TimeZone = 'UTC'`);
    const { rows } = await probe.query('show server_version');
    await probe.end();
    for (let n = 0; n < this.#size; n++) await this.#add();
    return rows[0].server_version;
  }

  take(use: (upstream: Upstream) => void): void {
    // The one that has been free for longest: mostly another one than the last time.
    const upstream = this.#free.shift();
    if (upstream) use(upstream);
    else this.#waiting.push(use);
  }

  /** Given back in the middle of something, a connection is ended, and another one takes its place. */
  giveBack(upstream: Upstream, isClean: boolean): void {
    upstream.onMessage = null;
    if (!isClean) {
      upstream.socket.destroy();
      return;
    }
    const next = this.#waiting.shift();
    if (next) next(upstream);
    else this.#free.push(upstream);
  }

  close(): void {
    this.#closed = true;
    for (const { socket } of this.#open) socket.destroy();
  }

  /** `pg` proves who it is; from then on the socket is ours. */
  async #add(): Promise<void> {
    const client = new Client({ connectionString: this.#url, application_name: 'pooling proxy' });
    client.on('error', () => {});
    await client.connect();
    const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection;
    for (const event of ['data', 'error', 'close', 'end']) socket.removeAllListeners(event);
    const upstream: Upstream = { socket, onMessage: null };
    this.#open.add(upstream);
    // What it says when nobody has it, that something was notified, is for nobody.
    const split = messages((type, message) => upstream.onMessage?.(type, message));
    socket.on('data', split);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(upstream);
      const place = this.#free.indexOf(upstream);
      if (place >= 0) this.#free.splice(place, 1);
      upstream.onMessage?.('', Buffer.alloc(0));
      if (!this.#closed) this.#add().catch(() => {});
    });
    this.giveBack(upstream, true);
  }
}

/** What a client sends, and the connection to the server that it has, if it has one. */
class Session {
  name = '';
  transactions = 0;
  readonly servers = new Set<Upstream>();
  readonly #socket: Socket;
  readonly #pool: ServerPool;
  #upstream: Upstream | undefined;
  #isAsking = false;
  #unsent: Buffer[] = [];
  /** Messages under way after each of which the server will say that it is ready. */
  #due = 0;

  constructor(socket: Socket, pool: ServerPool) {
    this.#socket = socket;
    this.#pool = pool;
    let isStarted = false;
    let start = Buffer.alloc(0);
    const take = messages((type, message) => this.#take(type, message));
    socket.on('data', (chunk) => {
      if (isStarted) return take(chunk);
      start = Buffer.concat([start, chunk]);
      while (!isStarted && start.length >= 8 && start.length >= start.readInt32BE(0)) {
        const packet = start.subarray(0, start.readInt32BE(0));
        start = start.subarray(packet.length);
        isStarted = this.#start(packet);
      }
      if (isStarted && start.length > 0) take(start);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#leave());
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Whether the session has begun; what it wants to be set is ignored. */
  #start(packet: Buffer): boolean {
    const code = packet.readInt32BE(4);
    if (code === CANCEL_REQUEST) this.#socket.destroy();
    if (code === SSL_REQUEST) this.#socket.write('N');
    if (code === CANCEL_REQUEST || code === SSL_REQUEST) return false;
    const said = packet.subarray(8).toString().split('\0');
    this.name = said[said.indexOf('application_name') + 1] ?? '';
    this.#socket.write(
      Buffer.concat([
        message('R', int32(0)),
        ...Object.entries(STATUS).map((pair) => message('S', Buffer.from(`${pair.join('\0')}\0`))),
        message('K', int32(0), int32(0)),
        message('Z', Buffer.from('I')),
      ]),
    );
    return true;
  }

  #take(type: string, sent: Buffer): void {
    if (type === 'X') {
      this.#socket.end();
      return;
    }
    if (type === 'Q' || type === 'S' || type === 'F') this.#due++;
    if (this.#upstream) {
      this.#upstream.socket.write(sent);
      return;
    }
    this.#unsent.push(sent);
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#pool.take((upstream) => this.#link(upstream));
  }

  #link(upstream: Upstream): void {
    this.#isAsking = false;
    if (this.#socket.destroyed) {
      this.#pool.giveBack(upstream, true);
      return;
    }
    this.#upstream = upstream;
    this.servers.add(upstream);
    upstream.onMessage = (type, said) => this.#hear(type, said);
    for (const sent of this.#unsent.splice(0)) upstream.socket.write(sent);
  }

  #hear(type: string, said: Buffer): void {
    // The server has ended the connection.
    if (type === '') {
      this.#upstream = undefined;
      this.#socket.destroy();
      return;
    }
    if (type === 'Z') {
      this.#due--;
      const isOver = this.#due === 0 && said.toString('latin1', 5) === 'I';
      if (isOver) {
        this.transactions++;
        this.#unlink(true);
      }
    }
    this.#socket.write(said);
  }

  #unlink(isClean: boolean): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    this.#due = 0;
    if (upstream) this.#pool.giveBack(upstream, isClean);
  }

  #leave(): void {
    this.#unsent = [];
    this.#unlink(false);
  }
}

/** Takes what comes in pieces, and hands on whole messages: a letter, their length, and what they say. */
function messages(onMessage: (type: string, message: Buffer) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  let length = 0;
  let wanted = 5;
  return (chunk) => {
    pieces.push(chunk);
    length += chunk.length;
    if (length < wanted) return;
    let rest = Buffer.concat(pieces);
    while (rest.length >= (wanted = rest.length < 5 ? 5 : 1 + rest.readInt32BE(1))) {
      onMessage(rest.toString('latin1', 0, 1), rest.subarray(0, wanted));
      rest = rest.subarray(wanted);
    }
    pieces = [rest];
    length = rest.length;
  };
}

function message(type: string, ...content: Buffer[]): Buffer {
  const said = Buffer.concat(content);
  return Buffer.concat([Buffer.from(type), int32(said.length + 4), said]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
