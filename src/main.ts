// `npm start`: serves until it is told to stop, and says in a few lines where everything is.
import { createLogger } from './create-logger.ts';
import { readSettings } from './settings.ts';
import { startServer, type RunningServer } from './start-server.ts';

try {
  const settings = readSettings(process.env);
  const logger = createLogger(settings.logLevel);
  const server = await startServer(settings, logger);
  console.log(`Demarche is running.
  API   ${server.url}/v1
  docs  ${server.url}/docs
  data  ${server.place}
Press Ctrl-C to stop.`);
  stopOnSignal(server);
} catch (error) {
  console.error(sentence(error));
  process.exitCode = 1;
}

function stopOnSignal(server: RunningServer): void {
  let stopping = false;
  const stop = async () => {
    // A second Ctrl-C does not wait.
    if (stopping) process.exit(1);
    stopping = true;
    try {
      await server.stop();
    } catch (error) {
      console.error(sentence(error));
      process.exitCode = 1;
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
}

/** What the system calls by a code, in words; everything else is a sentence already. */
function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EADDRINUSE: 'The port is taken by another program. Stop that, or set PORT to another one',
    EACCES: 'The port is not open to this user. Set PORT to one from 1024 on',
    EADDRNOTAVAIL: 'This machine has no such address. Set HOST to another one',
  };
  const reason = code === undefined ? undefined : reasons[code];
  return reason === undefined ? message : `${reason} (${message}).`;
}
