import { setTimeout as sleep } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';

const aborted = (signal: AbortSignal, until: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const leave = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true, signal: until });
  });

/**
 * The client may wait for ever for what will not come: after this time, or when nobody wants it any more, it is not
 * waited for. Whoever calls ends what it may do then.
 */
export const within = async <T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal }).then(() => {
    throw new LacunaError('BROKER_SILENT', 'Kafka did not answer in time');
  });
  const gone = signal === undefined ? [] : [aborted(signal, done.signal)];
  for (const racer of [work, late, ...gone]) racer.catch(() => undefined);
  try {
    return await Promise.race([work, late, ...gone]);
  } finally {
    done.abort();
  }
};
