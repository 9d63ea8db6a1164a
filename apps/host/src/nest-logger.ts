import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@lacuna/runtime';

/** Where the causes of INTERNAL answers are told, under the caller's error id and without any message (`logFailure`). */
const OURS = 'transport';

/**
 * Nest's own lines, in the log of the process. What Nest says of a failed handler can hold a driver's message, which
 * can hold a value: of errors only the context is kept, their causes are logged where they are mapped.
 */
export const nestLogger = (logger: Logger): LoggerService => {
  const contextOf = (rest: readonly unknown[]): string => {
    const last = rest.at(-1);
    return typeof last === 'string' && /^[A-Za-z]{1,40}$/.test(last) ? last : 'Nest';
  };
  return {
    log: () => undefined,
    warn: (_message: unknown, ...rest: readonly unknown[]) =>
      logger.warn('nest warns', { context: contextOf(rest) }),
    error: (message: unknown, ...rest: readonly unknown[]) => {
      const context = contextOf(rest);
      const said = context === OURS && typeof message === 'string' ? message : 'nest reports an error';
      logger.error(said, { context });
    },
    fatal: (_message: unknown, ...rest: readonly unknown[]) =>
      logger.fatal('nest reports an error', { context: contextOf(rest) }),
  };
};
