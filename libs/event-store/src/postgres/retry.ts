import { setTimeout as sleep } from 'node:timers/promises';
import { kindOfFailure, storeError } from './database-errors.js';

export type RetryPolicy = Readonly<{
  /** How long a lost connection is taken up again before the outcome stays unknown. */
  reconnectMs: number;
  signal?: AbortSignal;
}>;

const MAX_CONTENDED_RETRIES = 3;
const MAX_PAUSE_MS = 500;

// Full jitter: losers of one collision do not meet again.
const pause = (attempt: number): Promise<void> =>
  sleep(5 + Math.random() * Math.min(MAX_PAUSE_MS, 20 * 2 ** attempt));

/**
 * Does what may be done twice, until it is done: a lost connection for `reconnectMs`, contention three times more.
 * Anything else, and the last failure, is thrown as a `LacunaError`.
 */
export const withRetries = async <T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + policy.reconnectMs;
  let contended = 0;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const kind = kindOfFailure(error);
      if (kind === 'contended') contended += 1;
      const mayRetry =
        (kind === 'lost' && performance.now() < deadline && !policy.signal?.aborted) ||
        (kind === 'contended' && contended <= MAX_CONTENDED_RETRIES);
      if (!mayRetry) throw storeError(error);
    }
    await pause(attempt);
  }
};
