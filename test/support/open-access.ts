// Access as it is while there has never been a key: everybody is let in, unless an issuer is given. It looks once, and then only when it is told to.
import { Access } from '../../src/access/access.ts';
import type { Issuer } from '../../src/access/issuer.ts';
import type { LogStore } from '../../src/events/log-database.ts';

export async function openAccess(log: LogStore, issuer?: Issuer): Promise<Access> {
  const access = new Access({ log, issuer, logger: { warn() {} } });
  await access.look();
  return access;
}
