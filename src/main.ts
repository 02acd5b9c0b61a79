// `npm start`: serves until it is told to stop, and says in a few lines where everything is.
import { pino } from 'pino';
import { readSettings } from './settings.ts';
import { startServer, type RunningServer } from './start-server.ts';

try {
  const settings = readSettings(process.env);
  const logger = pino({ level: settings.logLevel }, pino.destination(2));
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

function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `The port is taken by another program (${message}). Stop that, or set PORT to another one.`;
  return message;
}
