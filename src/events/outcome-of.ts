// From what the log answered about an item to what became of its submission.
import type { AppendResult } from './append-group.ts';
import type { Outcome, Pending } from './submission.ts';

/** Undefined where the item has to be judged again. */
export function outcomeOf({ submission }: Pending, result: Omit<AppendResult, 'item'>): Outcome | undefined {
  const { stream, version, sequence } = result;
  switch (result.outcome) {
    case 'recorded':
    case 'duplicate': {
      const { recorded, recorded_by: recordedBy, hash } = result;
      const place = {
        sequence: sequence!,
        stream,
        version,
        recorded: recorded!,
        recordedBy: recordedBy!,
        hash: hash!,
      };
      return { status: result.outcome, event: { ...submission.event, ...place } };
    }
    case 'version_conflict':
      return {
        status: 'conflict',
        code: 'version_conflict',
        stream,
        expectedVersion: submission.expectedVersion!,
        version,
      };
    case 'id_reused':
      return { status: 'conflict', code: 'id_reused', id: submission.event.id, sequence: sequence! };
    case 'not_recorded':
      return { status: 'not_recorded' };
    case 'stale':
      return undefined;
  }
}
