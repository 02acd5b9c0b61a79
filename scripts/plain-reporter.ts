// Shows a test run where there is no terminal: one line a file, and of each failure its titles and its details.
import { Transform, type TransformCallback } from 'node:stream';

const SUBTEST = /^( *)# Subtest: (.*)$/;
const POINT = /^( *)(not )?ok \d+(?: - (.*?))?(?: # .*)?$/;

export class PlainReporter extends Transform {
  #rest = '';
  /** The titles from the file down to the test that is being read. */
  #titles: string[] = [];
  #failures = 0;
  #details = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const lines = (this.#rest + chunk.toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
    done();
  }

  #read(line: string): void {
    const subtest = SUBTEST.exec(line);
    const point = POINT.exec(line);
    if (subtest) this.#titles[depthOf(subtest[1])] = subtest[2] ?? '';
    else if (point) this.#readPoint(depthOf(point[1]), point[2] === undefined, point[3] ?? '');
    else if (this.#details) {
      if (/^ *\.\.\.$/.test(line)) this.#details = false;
      else if (!/^ *---$/.test(line)) this.#show(line);
    }
  }

  #readPoint(depth: number, passed: boolean, name: string): void {
    const closesSubtest = this.#titles[depth] === name;
    const titles = closesSubtest ? this.#titles.slice(0, depth + 1) : [...this.#titles.slice(0, depth), name];
    if (closesSubtest) this.#titles.length = depth;
    this.#details = false;
    if (!passed && (!closesSubtest || (depth === 0 && this.#failures === 0))) {
      this.#failures++;
      this.#details = true;
      this.#show(`FAILED ${titles.join(' > ')}`);
    }
    if (depth > 0) return;
    if (passed) this.#show(`passed ${name}`);
    this.#failures = 0;
  }

  #show(line: string): void {
    this.push(`${line}\n`);
  }
}

const depthOf = (indent = ''): number => indent.length / 4;
