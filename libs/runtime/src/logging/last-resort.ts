import { randomUUID } from 'node:crypto';
import type { Logger } from './logger.js';

/** What nobody caught: told once, under an id that the operator can look for. */
export type Uncaught = Readonly<{ errorId: string; kind: 'uncaughtException' | 'unhandledRejection' }>;

/**
 * After an uncaught error the process's state is unknown: it is written down, then `stop` ends the process in order
 * (drained where possible) with a failure. A second one on the way ends it at once.
 */
export const installLastResort = (logger: Logger, stop: (uncaught: Uncaught) => void): (() => void) => {
  let isStopping = false;
  const handle = (kind: Uncaught['kind'], err: unknown): void => {
    const uncaught: Uncaught = { errorId: randomUUID(), kind };
    logger.fatal('an error reached nobody', { ...uncaught, err });
    logger.flush();
    if (isStopping) process.exit(1);
    isStopping = true;
    stop(uncaught);
  };
  const onException = (error: unknown): void => handle('uncaughtException', error);
  const onRejection = (reason: unknown): void => handle('unhandledRejection', reason);
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.off('uncaughtException', onException);
    process.off('unhandledRejection', onRejection);
  };
};
