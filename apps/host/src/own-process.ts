import { createLogger, Shutdown, type Config } from '@lacuna/runtime';
import { makeHome } from './home.js';
import { stopInOrder, type HostProcess } from './stop.js';

/**
 * Starts what a process is there for, over a home, a log and an orderly end: Ctrl-C, SIGTERM, a lost terminal or an
 * error that reached nobody stop it in order. When it rejects, whatever had been started is stopped again.
 */
export const ownProcess = async <Result>(
  config: Config,
  start: (hosting: HostProcess) => Promise<Result>,
): Promise<Result> => {
  makeHome(config.home);
  const logger = createLogger(config.log);
  const shutdown = new Shutdown(logger);
  const { promise: started, resolve: hasStarted } = Promise.withResolvers<null>();
  try {
    return await start({ logger, shutdown, stop: stopInOrder(logger, shutdown, started) });
  } catch (error) {
    logger.error('could not start', { err: error });
    await shutdown.run('could not start');
    throw error;
  } finally {
    hasStarted(null);
  }
};
