// node docs/prove-event.mjs <root that you have kept> < answer of GET /v1/events/{id}/proof?head=<its sequence>
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const bytes = (hexadecimal) => Buffer.from(hexadecimal, 'hex');
const { content, contentHash, place, previous, index, size, path } = JSON.parse(readFileSync(0, 'utf8'));
const isSaid = content === null || sha(content).equals(bytes(contentHash));
let [hash, at, last] = [sha('\x00', sha(bytes(previous), bytes(contentHash), place.join('\n'))), index, size - 1];
for (const other of path.map(bytes)) {
  hash = at % 2 === 1 || at === last ? sha('\x01', other, hash) : sha('\x01', hash, other);
  while (at === last && at % 2 === 0 && at > 0) [at, last] = [at / 2, last / 2];
  [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
}
const isProven = isSaid && place[0] === String(index + 1) && last === 0 && hash.equals(bytes(process.argv[2] ?? ''));
console.log(
  isProven ? `Event ${index + 1} is in the log${content ? `: ${content}` : '; its content was removed'}` : 'NOT proven',
);
process.exitCode = isProven ? 0 : 1;
