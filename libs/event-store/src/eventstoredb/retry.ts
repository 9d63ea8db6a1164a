import { setTimeout as sleep } from 'node:timers/promises';
import { kindOfFailure, storeError } from './store-errors.js';

export type RetryPolicy = Readonly<{
  /** How long a lost connection, or a cluster without a leader, is tried again. */
  reconnectMs: number;
  signal: AbortSignal;
}>;

const MAX_PAUSE_MS = 500;

// Full jitter: whoever lost the same leader does not come back in step.
export const pause = (attempt: number, signal: AbortSignal): Promise<void> =>
  sleep(5 + Math.random() * Math.min(MAX_PAUSE_MS, 20 * 2 ** attempt), undefined, { signal }).catch(
    () => undefined,
  );

/** Does what may be done twice until it is done; what does not pass by itself, and the last failure, is thrown. */
export const withRetries = async <T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + policy.reconnectMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const mayRetry =
        kindOfFailure(error) === 'lost' && performance.now() < deadline && !policy.signal.aborted;
      if (!mayRetry) throw storeError(error);
    }
    await pause(attempt, policy.signal);
  }
};
