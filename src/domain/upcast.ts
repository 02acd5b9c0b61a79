// Reading what was written by earlier versions: old data is brought up to date on every way out of the log, never rewritten in it.
import { findEventType } from './vocabulary.ts';

/** The log holds something that a newer version of Demarche wrote. It is refused, never guessed. */
export class NewerThanThisCode extends Error {
  readonly code = 'newer_than_this_code';
}

/**
 * The data of an event, brought from the version it was written in to today's.
 * Throws {@link NewerThanThisCode} for a type or version that this code does not know.
 */
export function upcast(typeName: string, version: number, data: Record<string, unknown>): Record<string, unknown> {
  const type = findEventType(typeName);
  if (!type || version > type.version) {
    const known = type ? `it knows ${typeName} up to version ${type.version}` : 'it does not know that type';
    throw new NewerThanThisCode(
      `The log holds ${typeName} in version ${version}, which is newer than this code (${known}). Upgrade Demarche.`,
    );
  }
  return type.upcasts.slice(version - 1).reduce((former, step) => step.data(former), data);
}
