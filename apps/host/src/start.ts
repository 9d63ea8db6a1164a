import { hostname } from 'node:os';
import {
  HealthRegistry,
  removeServerAddresses,
  writeServerAddresses,
  type Config,
  type Shutdown,
} from '@lacuna/runtime';
import type { AppDefinition } from './app-definition.js';
import { openAuthentication } from './auth.js';
import type { HostDatabase } from './database/host-database.js';
import type { HostParts } from './host-parts.js';
import { placesOf, type Places } from './listen.js';
import { openParts } from './open-parts.js';
import { openServers } from './servers.js';
import { ownProcess } from './own-process.js';
import type { HostProcess } from './stop.js';
import { openTelemetry } from './telemetry/telemetry.js';
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
  const metrics = openTelemetry(app.name, config, shutdown);
  const authentication = await openAuthentication(config, app.packages.length > 0);
  const database = await open(config, hosting);
  const opened = await openParts(app, config, { database, metrics }, shutdown);
  const places = await placesOf(config, app.packages.length > 0);
  const health = new HealthRegistry();
  const holder = `${app.name}-${hostname()}-${process.pid}`;
  const parts: HostParts = {
    ...opened,
    authentication,
    config,
    database,
    health,
    holder,
    logger,
    metrics,
    version,
  };
  await openServers(app, parts, places, shutdown);
  register(app, config.home, places, shutdown);
  logger.info('serving', { app: app.name });
  return {
    addresses: { grpc: places.grpc?.address ?? null, http: places.http.address },
    parts,
    database,
  };
};

/** Starts an app in this process and resolves to where it serves. */
export const startApp = <Database extends HostDatabase>(
  app: AppDefinition,
  config: Config,
  open: OpenDatabase<Database>,
): Promise<Started<Database>> => ownProcess(config, (hosting) => startAll(app, config, hosting, open));
