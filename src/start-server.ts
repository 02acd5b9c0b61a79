// Puts the parts together and serves: database, recorder, read models, HTTP; and takes them apart again in the other order.
import type { Logger } from 'pino';
import { Access } from './access/access.ts';
import { Issuer } from './access/issuer.ts';
import { isLoopback } from './access/safe-address.ts';
import { Recorder } from './events/recorder.ts';
import { RegistryMemory } from './events/registry-memory.ts';
import { buildApp } from './http/app.ts';
import { EventFeed } from './http/event-feed.ts';
import { openDatabase } from './open-database.ts';
import { Projector } from './projections/projector.ts';
import { projections } from './projections/every-projection.ts';
import type { Settings } from './settings.ts';

export interface RunningServer {
  /** Where the API answers, as `http://127.0.0.1:3000`. */
  url: string;
  /** Where the data are, for people. */
  place: string;
  stop: () => Promise<void>;
}

export async function startServer(settings: Settings, logger: Logger): Promise<RunningServer> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const database = await openDatabase(settings, logger);
    undo.push(database.close);
    if (!database.owner) {
      throw new Error(
        `Another Demarche is running on ${database.place}. Stop it first, or give this one a folder of its own with DATA_DIR and a PORT.`,
      );
    }
    const issuer = settings.issuer && new Issuer(settings.issuer);
    const access = new Access({ log: database.access, issuer, logger });
    undo.push(() => access.stop());
    await access.start();
    if (access.isOpen && !isLoopback(settings.host)) throw new Error(unguarded(settings.host));
    const registry = new RegistryMemory(database.log);
    await registry.refresh();
    const feed = new EventFeed({ log: database.log, logger });
    const wake = () => {
      projector.wake();
      feed.wake();
    };
    const recorder = new Recorder({ log: database.writer, registry, onRecorded: wake });
    const projector = new Projector({
      log: database.log,
      pool: database.builders,
      projections,
      logger,
      isRecordingBusy: () => recorder.isBusy,
    });
    undo.push(() => projector.stop());
    await projector.start();
    database.onAppended(wake);
    const app = await buildApp({
      access,
      log: database.log,
      recorder,
      registry,
      projector,
      feed,
      logger,
      requestsPerMinute: settings.rateLimit,
    });
    undo.push(() => app.close());
    const url = await app.listen({ host: settings.host, port: settings.port });
    return { url, place: database.place, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function unguarded(host: string): string {
  return (
    `HOST: found "${host}", expected 127.0.0.1, localhost or ::1, because there is no access key yet: whoever reaches this server could ` +
    'do anything. Make a key with npm run keys -- create --name "me" --role admin, or set OIDC_ISSUER, and start again.'
  );
}
