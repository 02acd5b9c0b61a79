// A question about an actor or an issue that nobody registered is answered with the nearest name, not with an empty list.
import { actorStream, issueStream } from '../domain/known-from-streams.ts';
import { nearest } from '../events/nearest.ts';
import type { RegistryMemory } from '../events/registry-memory.ts';
import { Problem } from './problem.ts';

/** Throws a problem that names the parameter in which an actor stands that nobody registered. */
export async function requireActor(registry: RegistryMemory, slug: string, parameter = 'actor'): Promise<void> {
  await requireSlug(registry, 'actor', slug, parameter, actorStream(slug));
}

/** Throws a problem that names the parameter in which an issue stands that nobody opened. */
export async function requireIssue(registry: RegistryMemory, slug: string): Promise<void> {
  await requireSlug(registry, 'issue', slug, 'issue', issueStream(slug));
}

async function requireSlug(
  registry: RegistryMemory,
  kind: 'actor' | 'issue',
  slug: string,
  parameter: string,
  stream: string,
): Promise<void> {
  if (registry.eventsOf(stream).length > 0) return;
  // Another node may have recorded it a moment ago.
  await registry.refresh();
  if (registry.eventsOf(stream).length > 0) return;
  const meant = nearest(slug, registry.slugs(kind));
  const hint = meant === undefined ? '' : `; the nearest is "${meant}"`;
  throw new Problem('not_found', `No ${kind} "${slug}" is registered${hint}.`, {
    errors: [{ parameter, found: JSON.stringify(slug), expected: `a registered ${kind}${hint}` }],
  });
}
