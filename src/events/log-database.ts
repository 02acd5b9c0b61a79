// The tables of a log as Kysely sees them. A log is one Postgres schema; queries name it with `withSchema`.
import type { Generated, Kysely } from 'kysely';

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

/** A read model as it is built or stands: one pass of one projection over the log. */
interface ProjectionRunTable {
  id: Generated<number>;
  projection: string;
  version: number;
  schema_name: string;
  checkpoint: Generated<number>;
  updated: Generated<string>;
  failed_sequence: number | null;
  failed_type: string | null;
  failed_error: string | null;
  role: Role;
  shape: string;
  rebuild: number | null;
  phase: Generated<Phase>;
  leader: string | null;
  term: Generated<number>;
  lease_until: Generated<string>;
  since: Generated<string>;
  answered: string | null;
  redaction: number | null;
}

/** What a run is there for; `discarded` waits to be dropped. */
export type Role = 'building' | 'live' | 'former' | 'scratch' | 'discarded';

/** How far a run is that is built from the first event. */
const PHASES = ['loading', 'deriving', 'indexing', 'following'] as const;
export type Phase = (typeof PHASES)[number];

export interface RebuildTable {
  id: Generated<number>;
  reason: 'asked' | 'version' | 'redaction';
  projections: string[];
  until: number | null;
  left_out: unknown;
  dry_run: boolean;
  state: Generated<RebuildState>;
  phase: Generated<RebuildPhase>;
  attempt: Generated<number>;
  handed_over: Generated<number>;
  sequence: Generated<number>;
  total: Generated<number>;
  share: Generated<number>;
  begun: string | null;
  first_sequence: Generated<number>;
  loaded: string | null;
  comparison: unknown;
  error: string | null;
  created: Generated<string>;
  finished: string | null;
}

/** `scratch` is kept to be asked, `compared` was a dry run, `dropped` was kept once; what is `switching_back` may be begun anew. */
export const REBUILD_STATES = [
  'running',
  'switched',
  'switching_back',
  'switched_back',
  'compared',
  'scratch',
  'dropped',
  'failed',
  'cancelled',
] as const;
export type RebuildState = (typeof REBUILD_STATES)[number];

export const REBUILD_PHASES = ['waiting', ...PHASES, 'comparing', 'switching', 'finished'] as const;
export type RebuildPhase = (typeof REBUILD_PHASES)[number];

interface ProjectionSkipTable {
  projection: string;
  version: number;
  sequence: number;
  reason: string;
  recorded: Generated<string>;
}

export interface LogDatabase {
  event: EventTable;
  event_key: EventKeyTable;
  projection_run: ProjectionRunTable;
  projection_skip: ProjectionSkipTable;
  rebuild: RebuildTable;
}

/** What the content column holds: all that the client said beside id, type and occurred. */
interface StoredContent {
  /** Of an event that was redacted, the sequence of its redaction, and nothing beside it. */
  redacted?: number;
  data?: Record<string, unknown>;
  [part: string]: unknown;
}

/** One log in a database: where it is, and the Postgres schema it lives in. */
export interface LogStore {
  db: Kysely<LogDatabase>;
  schema: string;
}

export const DEFAULT_LOG_SCHEMA = 'log';
