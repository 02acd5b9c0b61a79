// From outcomes of the recorder to what a client is told.
import { z } from 'zod';
import { isInLog, type NotInLog, type Outcome } from '../events/submission.ts';
import { fieldProblem, Problem, problemSchema, type ProblemDocument } from './problem.ts';

export const itemResult = z
  .object({
    index: z.int().meta({ description: 'The place in the batch, counted from 0; blank lines do not count.' }),
    status: z.enum(['recorded', 'duplicate', 'conflict', 'refused']),
    id: z.string().nullable().meta({ description: 'Null where the item is no event.' }),
    sequence: z.int().nullable(),
    problem: problemSchema.optional(),
  })
  .meta({ id: 'BatchResult' });

export type ItemResult = z.infer<typeof itemResult>;

/** The problem of an outcome that left nothing in the log. */
export function problemOf(outcome: NotInLog): Problem {
  switch (outcome.status) {
    case 'refused': {
      const isBeyondLimit = outcome.violations.some((violation) => violation.isBeyondLimit);
      const errors = outcome.violations.map(({ pointer, found, expected }) => ({ pointer, found, expected }));
      return fieldProblem(isBeyondLimit ? 'forbidden' : 'event_refused', errors);
    }
    case 'not_recorded':
      return new Problem('not_recorded', 'Another item of this atomic batch could not be recorded, so none was.');
    case 'conflict':
      if (outcome.code === 'id_reused') {
        const detail = `The id ${outcome.id} is that of event ${outcome.sequence}, which says something else. Give a new event a new id.`;
        return new Problem('id_reused', detail, { sequence: outcome.sequence });
      }
      return new Problem(
        'version_conflict',
        `The stream ${outcome.stream} is in version ${outcome.version}, expected was ${outcome.expectedVersion}. Read it again and decide anew.`,
        { stream: outcome.stream, version: outcome.version },
      );
  }
}

export function resultOf(index: number, id: string, outcome: Outcome): ItemResult {
  if (isInLog(outcome)) {
    return { index, status: outcome.status, id, sequence: outcome.event.sequence };
  }
  const status = outcome.status === 'conflict' ? 'conflict' : 'refused';
  return { index, status, id, sequence: null, problem: problemOf(outcome).toJSON() };
}

export function refusedResult(index: number, id: string | null, problem: ProblemDocument): ItemResult {
  return { index, status: 'refused', id, sequence: null, problem };
}
