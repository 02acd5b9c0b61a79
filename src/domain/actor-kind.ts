// What kinds of actor there are. A collective ("the allies") is an actor of its own and is never expanded into members.
import { z } from 'zod';

export const actorKind = z.enum(['state', 'person', 'office', 'organisation', 'forum', 'medium', 'collective']);

export type ActorKind = z.infer<typeof actorKind>;
