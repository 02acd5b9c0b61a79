// What the routes are given: the log to record into and to read, the read models, and what questions go through.
import type {
  FastifyInstance,
  FastifyBaseLogger,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { FastifyZodOpenApiTypeProvider } from 'fastify-zod-openapi';
import type { Access } from '../access/access.ts';
import type { LogStore } from '../events/log-database.ts';
import type { Recorder } from '../events/recorder.ts';
import type { RegistryMemory } from '../events/registry-memory.ts';
import type { Dealings } from '../projections/dealings/find-dealings.ts';
import type { Actors } from '../projections/find-actors.ts';
import type { Events } from '../projections/find-events.ts';
import type { Issues } from '../projections/find-issues.ts';
import type { Ledgers } from '../projections/ledgers/find-ledgers.ts';
import type { Alignments } from '../projections/positions/find-alignments.ts';
import type { Positions } from '../projections/positions/find-positions.ts';
import type { SourcedFacts } from '../projections/sourcing/find-sourcing.ts';
import type { Projection } from '../projections/projection.ts';
import type { Rebuilder } from '../projections/rebuilder.ts';
import type { Asking, Question } from './asking.ts';
import type { EventFeed } from './event-feed.ts';
import type { EventStreams } from './event-stream.ts';

/** The questions that can be asked, by projection. */
export interface Models {
  actors: Actors;
  alignments: Alignments;
  dealings: Dealings;
  events: Events;
  issues: Issues;
  ledgers: Ledgers;
  positions: Positions;
  sourcing: SourcedFacts;
}

export interface Api {
  access: Access;
  log: LogStore;
  recorder: Recorder;
  registry: RegistryMemory;
  projections: readonly Projection[];
  rebuilds: Rebuilder;
  asking: Asking;
  feed: EventFeed;
  streams: EventStreams;
  /** What a question is put to: the live read models, or those of a what-if. */
  models: (asked: Pick<Question, 'projectionRun'>) => Models;
}

/** A Fastify whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  FastifyZodOpenApiTypeProvider
>;
