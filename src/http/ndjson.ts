// Reads a stream of newline-delimited JSON line by line. A broken line is a broken item and nothing more: the rest is read on.
import { parseJson } from './json.ts';
import { Problem } from './problem.ts';

const LONGEST_LINE = 1_048_576;

/** What stands in a line, and how long it was. */
export type Line = ({ value: unknown } | { problem: Problem }) & { bytes: number };

/** The values of the lines that are not blank. A line that is too long, not UTF-8 or not JSON is given as a problem. */
export async function* readNdjson(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  for await (const line of splitLines(chunks)) {
    if (line === 'too long')
      yield { problem: new Problem('payload_too_large', `The line is longer than ${LONGEST_LINE} bytes.`), bytes: 0 };
    else if (line.some((byte) => byte > 0x20)) yield parseLine(line);
  }
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | 'too long'> {
  let parts: Buffer[] = [];
  let length = 0;
  const finish = () => {
    const line = length > LONGEST_LINE ? ('too long' as const) : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  const keep = (part: Buffer) => {
    length += part.length;
    // What is too long already is counted on, but not kept.
    if (length <= LONGEST_LINE) parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield finish();
}

function parseLine(line: Buffer): Line {
  try {
    return { value: parseJson(line, 'line'), bytes: line.length };
  } catch (error) {
    if (error instanceof Problem) return { problem: error, bytes: line.length };
    throw error;
  }
}
