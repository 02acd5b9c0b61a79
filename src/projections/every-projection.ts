// The read models as a list, from the registry.
import type { Projection } from './projection.ts';
import * as registry from './registry.ts';

export const projections: readonly Projection[] = Object.values(registry);
