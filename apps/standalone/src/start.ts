import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeping } from '@lacuna/embedded-database';
import {
  createLogger,
  HealthRegistry,
  installLastResort,
  onSignals,
  removeServerAddresses,
  Shutdown,
  writeServerAddresses,
  type Config,
  type Logger,
} from '@lacuna/runtime';
import { announcement } from './announce.js';
import { openAuthentication } from './auth.js';
import { openInstance, type Instance } from './instance.js';
import { freePlace } from './listen.js';
import { openServers } from './servers.js';
import { version } from './version.js';

// The server user of the embedded database must get through; what is private in it is a private file.
const makeHome = (home: string): void => {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
};

type Stop = (reason: string, code: number) => void;

/**
 * Stops in order on Ctrl-C, SIGTERM or a lost terminal (exit 0), and on an error that reached nobody (exit 1). Gives
 * the way to stop for any other reason. What comes in the middle of the start waits for it: a database that is about
 * to run would outlive the process.
 */
const stopInOrder = (logger: Logger, shutdown: Shutdown, started: Promise<null>): Stop => {
  const stop: Stop = (reason, code) => {
    void started.then(() => shutdown.run(reason)).then((isClean) => process.exit(isClean ? code : 1));
  };
  installLastResort(logger, ({ kind, errorId }) => {
    process.stderr.write(`Lacuna stops: an error reached nobody, its id in the log is ${errorId}\n`);
    stop(kind, 1);
  });
  onSignals((signal) => stop(signal, 0));
  return stop;
};

/** The embedded database ended and nobody asked it to: every connection comes back by itself once it is up again. */
const keepingFor = (logger: Logger, stop: Stop): Keeping => ({
  onRestart: () => logger.error('the database had ended by itself and was started again'),
  onLost: (err) => {
    logger.fatal('the database ended by itself and does not start again', { err });
    process.stderr.write('Lacuna stops: its database ended by itself and does not start again.\n');
    stop('the database is lost', 1);
  },
});

const placesOf = async (config: Config) => ({
  grpc: await freePlace(config.grpc, 'LACUNA_GRPC_ADDRESS'),
  http: await freePlace(config.http, 'LACUNA_HTTP_ADDRESS'),
});

const announce = async (
  instance: Instance,
  addresses: Readonly<{ grpc: string; http: string }>,
  hasIssuer: boolean,
): Promise<readonly string[]> => {
  const { clock, database, packs, store } = instance;
  const [pack] = packs.values();
  return announcement({
    ...addresses,
    clock: { kind: clock.kind, now: clock.now() },
    warnings: database.warnings,
    movedTo: database.movedTo,
    roles: hasIssuer && pack ? [...pack.roles.keys()] : [],
    isEmpty: (await store.head()) === 0n,
  });
};

type Process = Readonly<{ logger: Logger; shutdown: Shutdown; keeping: Keeping }>;

const startAll = async (
  config: Config,
  { logger, shutdown, keeping }: Process,
): Promise<readonly string[]> => {
  const authentication = await openAuthentication(config);
  const instance = await openInstance(config, shutdown, keeping);
  const { grpc, http } = await placesOf(config);
  const health = new HealthRegistry();
  await openServers({ instance, authentication, version, grpc, http, logger, health, shutdown });
  const addresses = { grpc: grpc.address, http: http.address };
  writeServerAddresses(config.home, {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    ...addresses,
  });
  shutdown.add({ name: 'server addresses', stop: () => removeServerAddresses(config.home) });
  logger.info('serving', { migrations: instance.database.applied.length });
  return announce(instance, addresses, authentication.issuer !== null);
};

/**
 * Starts everything of one instance in this process, and resolves to what to tell the person who started it. When
 * it rejects, whatever had been started is stopped again, the database too.
 */
export const start = async (config: Config): Promise<readonly string[]> => {
  makeHome(config.home);
  const logger = createLogger(config.log);
  const shutdown = new Shutdown(logger);
  const { promise: started, resolve: hasStarted } = Promise.withResolvers<null>();
  const keeping = keepingFor(logger, stopInOrder(logger, shutdown, started));
  try {
    return await startAll(config, { logger, shutdown, keeping });
  } catch (error) {
    logger.error('could not start', { err: error });
    await shutdown.run('could not start');
    throw error;
  } finally {
    hasStarted(null);
  }
};
