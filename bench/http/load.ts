// Clients that ask one request after the other, each on a connection of its own, and what they were answered in.
import { Pool } from 'undici';

/** So many record at the same time, where it is many. */
export const CALLERS = 128;
export const JSON_TYPE = { 'content-type': 'application/json' };

export interface Asked {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Served {
  /** Requests answered a second. */
  rate: number;
  /** Milliseconds from sending a request to the end of its answer, ascending. */
  latencies: number[];
}

/** Sends what `next` hands out until it has no more, with so many clients. Throws where an answer has another status than wanted. */
export async function drive(
  url: string,
  clients: number,
  wanted: number,
  next: () => Asked | undefined,
): Promise<Served> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const latencies: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let asked = next(); asked; asked = next()) {
        const sent = performance.now();
        const { statusCode, body } = await pool.request(asked);
        if (statusCode !== wanted) throw new Error(`${asked.method} ${asked.path}: ${statusCode} ${await body.text()}`);
        await body.dump();
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { rate: latencies.length / seconds, latencies: latencies.toSorted((a, b) => a - b) };
}

/** The latency that a share of the requests did not exceed. */
export function percentile({ latencies }: Served, share: number): number {
  return latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]!;
}
