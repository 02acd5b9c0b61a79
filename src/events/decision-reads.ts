// What the recorder reads before it judges: the streams of the events referred to, and whether an id is recorded already.
import { sql } from 'kysely';
import type { NewEvent, RecordedEvent } from '../domain/event.ts';
import { referencesOf } from '../domain/judge.ts';
import { isRegistryStream, knownFromStreams, type Streams } from '../domain/known-from-streams.ts';
import { RECORDED_FORMAT } from './event-row.ts';
import type { LogStore } from './log-database.ts';
import { readStreamsOf } from './read-log.ts';
import type { RegistryMemory } from './registry-memory.ts';

/**
 * The log as it was at the sequence `known`, as far as it decides about these events: the registry from memory, together with
 * the streams of all events that they refer to.
 */
export async function streamsFor(
  log: LogStore,
  registry: RegistryMemory,
  known: number,
  events: NewEvent[],
): Promise<Streams> {
  const loaded = new Map<string, readonly RecordedEvent[]>();
  const streamOf = new Map<string, string>();
  const streams: Streams = {
    eventsOf: (stream) =>
      isRegistryStream(stream) ? upTo(known, registry.eventsOf(stream)) : (loaded.get(stream) ?? []),
    streamOf: (id) => registry.streamOf(id) ?? streamOf.get(id),
  };
  const facts = knownFromStreams(streams, '');
  const asked = new Set<string>();
  // What a correction puts in place is known only once its target is, and may point further.
  for (;;) {
    const missing = eventIds(events, facts).filter((id) => !asked.has(id) && streams.streamOf(id) === undefined);
    if (missing.length === 0) return streams;
    for (const id of missing) asked.add(id);
    for (const [name, stream] of await readStreamsOf(log, missing)) {
      loaded.set(name, upTo(known, stream));
      for (const { id } of stream) streamOf.set(id, name);
    }
  }
}

/** The very same events where none is newer: what was folded of them is remembered. */
function upTo(known: number, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return (events.at(-1)?.sequence ?? 0) <= known ? events : events.filter(({ sequence }) => sequence <= known);
}

function eventIds(events: NewEvent[], facts: Parameters<typeof referencesOf>[1]): string[] {
  const references = events.flatMap((event) => referencesOf(event, facts));
  return [...new Set(references.filter(({ kind }) => kind === 'event').map(({ target }) => target))];
}

interface Recorded {
  id: string;
  sequence: number;
  stream: string;
  version: number;
  recorded: string;
  recorded_by: string;
  hash: string;
  content_hash: string;
}

/** Where the log already holds these ids, by id. */
export async function readRecorded({ db, schema }: LogStore, ids: string[]): Promise<Map<string, Recorded>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Recorded>`
    select e.id, e.sequence, e.stream, e.version, e.recorded_by, encode(e.hash, 'hex') as hash,
           to_char(e.recorded at time zone 'UTC', ${sql.lit(RECORDED_FORMAT)}) as recorded,
           encode(e.content_hash, 'hex') as content_hash
      from ${sql.id(schema, 'event_key')} k join ${sql.id(schema, 'event')} e on e.sequence = k.sequence
     where k.id = any(${ids}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}
