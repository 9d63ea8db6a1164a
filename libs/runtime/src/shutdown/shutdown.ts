import type { Logger } from '../logging/logger.js';

/** One thing to end. `limitMs`: how long the next step waits for it. */
export type ShutdownStep = Readonly<{ name: string; stop: () => Promise<void> | void; limitMs?: number }>;

const STEP_MS = 10_000;

const within = async (step: ShutdownStep): Promise<'done' | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), step.limitMs ?? STEP_MS);
  });
  try {
    return await Promise.race([Promise.resolve(step.stop()).then(() => 'done' as const), late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Ends a process in the reverse order of its start: what was started last, and rests on the rest, goes first.
 * A step that fails or takes too long is written down and the next one runs: the database is always reached.
 */
export class Shutdown {
  readonly #steps: ShutdownStep[] = [];
  #running: Promise<boolean> | undefined;

  constructor(private readonly logger: Logger) {}

  /** Call it right after the thing was started. */
  add(step: ShutdownStep): void {
    this.#steps.push(step);
  }

  /** Runs every step once, however often it is called. Resolves to whether all of them ended in order. */
  run(reason: string): Promise<boolean> {
    this.#running ??= this.#stopAll(reason);
    return this.#running;
  }

  async #stopAll(reason: string): Promise<boolean> {
    this.logger.info('stopping', { reason });
    let isClean = true;
    for (const step of this.#steps.toReversed()) isClean = (await this.#stopOne(step)) && isClean;
    this.logger.info('stopped', { clean: isClean });
    this.logger.flush();
    return isClean;
  }

  async #stopOne(step: ShutdownStep): Promise<boolean> {
    try {
      const outcome = await within(step);
      if (outcome === 'late') this.logger.error('a part did not stop in time', { part: step.name });
      return outcome === 'done';
    } catch (err) {
      this.logger.error('a part failed to stop', { part: step.name, err });
      return false;
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first signal starts `stop`, a second of the same kind ends the process at once (exit 130): an operator who
 * presses Ctrl-C twice means it. Returns what takes the handlers away again.
 */
export const onSignals = (stop: (signal: string) => void): (() => void) => {
  const seen = new Set<string>();
  const handle = (signal: string): void => {
    if (seen.has(signal)) process.exit(130);
    const isFirst = seen.size === 0;
    seen.add(signal);
    if (isFirst) stop(signal);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handle);
  };
};
