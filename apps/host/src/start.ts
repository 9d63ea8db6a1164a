import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLogger,
  HealthRegistry,
  removeServerAddresses,
  Shutdown,
  writeServerAddresses,
  type Config,
} from '@lacuna/runtime';
import type { AppDefinition } from './app-definition.js';
import { openAuthentication } from './auth.js';
import type { HostDatabase } from './database/host-database.js';
import type { HostParts } from './host-parts.js';
import { placesOf, type Places } from './listen.js';
import { openParts } from './open-parts.js';
import { openServers } from './servers.js';
import { stopInOrder, type HostProcess } from './stop.js';
import { version } from './version.js';

/** Where a started process is, and on what it runs. */
export type Started<Database extends HostDatabase> = Readonly<{
  addresses: Readonly<{ grpc: string | null; http: string }>;
  parts: HostParts;
  database: Database;
}>;

/** How a process comes to its database; whatever it has to stop, it says itself. */
export type OpenDatabase<Database extends HostDatabase> = (
  config: Config,
  process: HostProcess,
) => Promise<Database>;

// The server user of an embedded database must get through; what is private in it is a private file.
const makeHome = (home: string): void => {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
};

const register = (
  { name }: AppDefinition,
  home: string,
  { grpc, http }: Places,
  shutdown: Shutdown,
): void => {
  const address = { app: name, pid: process.pid };
  writeServerAddresses(home, {
    ...address,
    startedAt: new Date().toISOString(),
    grpc: grpc?.address ?? null,
    http: http.address,
  });
  shutdown.add({ name: 'server addresses', stop: () => removeServerAddresses(home, address) });
};

const startAll = async <Database extends HostDatabase>(
  app: AppDefinition,
  config: Config,
  hosting: HostProcess,
  open: OpenDatabase<Database>,
): Promise<Started<Database>> => {
  const { logger, shutdown } = hosting;
  const authentication = await openAuthentication(config, app.packages.length > 0);
  const database = await open(config, hosting);
  const opened = await openParts(app, config, database, shutdown);
  const places = await placesOf(config, app.packages.length > 0);
  const health = new HealthRegistry();
  const holder = `${app.name}-${process.pid}`;
  const parts: HostParts = { ...opened, authentication, config, database, health, holder, logger, version };
  await openServers(app, parts, places, shutdown);
  register(app, config.home, places, shutdown);
  logger.info('serving', { app: app.name });
  return {
    addresses: { grpc: places.grpc?.address ?? null, http: places.http.address },
    parts,
    database,
  };
};

/**
 * Starts an app in this process and resolves to where it serves. Ctrl-C, SIGTERM, a lost terminal or an error that
 * reached nobody stop it in order. When it rejects, whatever had been started is stopped again.
 */
export const startApp = async <Database extends HostDatabase>(
  app: AppDefinition,
  config: Config,
  open: OpenDatabase<Database>,
): Promise<Started<Database>> => {
  makeHome(config.home);
  const logger = createLogger(config.log);
  const shutdown = new Shutdown(logger);
  const { promise: started, resolve: hasStarted } = Promise.withResolvers<null>();
  const hosting: HostProcess = { logger, shutdown, stop: stopInOrder(logger, shutdown, started) };
  try {
    return await startAll(app, config, hosting, open);
  } catch (error) {
    logger.error('could not start', { err: error });
    await shutdown.run('could not start');
    throw error;
  } finally {
    hasStarted(null);
  }
};
