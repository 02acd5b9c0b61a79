// What somebody may do: each role may do all that the ones before it may.

export const ROLES = ['reader', 'recorder', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whether who has the one role may do what the other is needed for. */
export function includes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The one that may do most; undefined where none of the names is a role. */
export function highestOf(names: readonly unknown[]): Role | undefined {
  return ROLES.findLast((role) => names.includes(role));
}
