// A question about an actor or an issue that nobody registered is answered with the nearest name, not with an empty list.
import { actorStream, issueStream } from '../domain/known-from-streams.ts';
import { nearest } from '../events/nearest.ts';
import type { RegistryMemory } from '../events/registry-memory.ts';
import { Problem } from './problem.ts';

export async function requireActor(registry: RegistryMemory, slug: string): Promise<void> {
  await requireSlug(registry, 'actor', slug, actorStream(slug));
}

export async function requireIssue(registry: RegistryMemory, slug: string): Promise<void> {
  await requireSlug(registry, 'issue', slug, issueStream(slug));
}

async function requireSlug(
  registry: RegistryMemory,
  kind: 'actor' | 'issue',
  slug: string,
  stream: string,
): Promise<void> {
  if (registry.eventsOf(stream).length > 0) return;
  // Another node may have recorded it a moment ago.
  await registry.refresh();
  if (registry.eventsOf(stream).length > 0) return;
  const meant = nearest(slug, registry.slugs(kind));
  throw new Problem(
    'not_found',
    `No ${kind} "${slug}" is registered${meant === undefined ? '' : `; the nearest is "${meant}"`}.`,
  );
}
