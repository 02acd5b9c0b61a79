// The tables of a log as Kysely sees them. A log is one Postgres schema; queries name it with `withSchema`.
import type { Kysely } from 'kysely';

export interface EventTable {
  sequence: number;
  id: string;
  stream: string;
  version: number;
  type: string;
  type_version: number;
  corrects: string | null;
  occurred: string;
  content: StoredContent;
  recorded: string;
  recorded_by: string;
  hash: Buffer;
  content_hash: Buffer;
}

interface EventKeyTable {
  id: string;
  stream: string;
  version: number;
  sequence: number;
}

interface ProjectionTable {
  name: string;
  version: number;
  schema_name: string;
  checkpoint: number;
  updated: string;
  failed_sequence: number | null;
  failed_type: string | null;
  failed_error: string | null;
}

export interface LogDatabase {
  event: EventTable;
  event_key: EventKeyTable;
  projection: ProjectionTable;
}

/** What the content column holds: all that the client said beside id, type and occurred. */
interface StoredContent {
  data: Record<string, unknown>;
  [part: string]: unknown;
}

/** One log in a database: where it is, and the Postgres schema it lives in. */
export interface LogStore {
  db: Kysely<LogDatabase>;
  schema: string;
}

export const DEFAULT_LOG_SCHEMA = 'log';
