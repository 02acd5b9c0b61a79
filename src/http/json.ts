// JSON as clients send it. The log keeps what it takes for good, so nothing is repaired on the way in: bytes that are not
// UTF-8 are refused and not replaced, and so is a field that is there twice.
import { pointerOf } from '../domain/reference.ts';
import { fieldProblem, Problem } from './problem.ts';
import { findRepeatedMember } from './repeated-member.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The value that the bytes say; `what` is their name in a sentence. Throws a problem where they are not UTF-8, not JSON, or ambiguous. */
export function parseJson(bytes: Uint8Array, what: 'body' | 'line'): unknown {
  if (bytes.length === 0) throw new Problem('invalid_json', `The ${what} is empty; expected JSON.`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new Problem('invalid_json', `The ${what} is not valid UTF-8.`, { cause });
  }
  const value = valueOf(text, what);
  const repeated = findRepeatedMember(text, value);
  if (repeated === undefined) return value;
  throw fieldProblem('invalid_request', [
    { pointer: pointerOf(repeated), found: 'a field that is there twice', expected: 'each field once' },
  ]);
}

function valueOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid_json', `The ${what} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
