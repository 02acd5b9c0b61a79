// The error responses of an operation, for its description.
import { PROBLEMS, problemSchema, type ProblemCode } from './problem.ts';

/** A response for each status that the given problems have; those any operation may answer with are always among them. */
export function problems(...codes: ProblemCode[]) {
  const all: ProblemCode[] = [...codes, 'invalid_request', 'internal', 'log_unavailable'];
  const byStatus = Map.groupBy(new Set(all), (code) => PROBLEMS[code][0]);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\`: ${PROBLEMS[code][1].toLowerCase()}`).join('; '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
