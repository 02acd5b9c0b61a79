// A process that starts the embedded database of a folder, says what it got in one line, and lives until it is killed
// or its input ends; then it stops what it started.
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';

const server = await startEmbeddedPostgres(process.argv[2] ?? '');
console.log(JSON.stringify(server));
process.stdin.on('end', () => void server.stop()).resume();
