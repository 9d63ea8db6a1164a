import type { Config } from '@lacuna/runtime';
import { startApp, type Started } from '../../host/src/index.js';
import { announcement } from './announce.js';
import { openDatabase, type OpenDatabase } from './database/open-database.js';
import { standalone } from './standalone.app.js';

const announce = async ({
  addresses,
  database,
  parts,
}: Started<OpenDatabase>): Promise<readonly string[]> => {
  const { authentication, clock, packs, store } = parts;
  const [pack] = packs.values();
  return announcement({
    grpc: addresses.grpc ?? '',
    http: addresses.http,
    clock: { kind: clock.kind, now: clock.now() },
    warnings: database.warnings,
    movedTo: database.movedTo,
    roles: authentication.issuer !== null && pack ? [...pack.roles.keys()] : [],
    isEmpty: (await store.head()) === 0n,
  });
};

/** Starts everything of one instance in this process, its database too, and resolves to what to tell the person who started it. */
export const start = async (config: Config): Promise<readonly string[]> =>
  announce(await startApp(standalone, config, openDatabase));
