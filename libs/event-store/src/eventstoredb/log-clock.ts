import type { Instant } from '@lacuna/domain/kernel';

/**
 * What `recordedAt` is given: never below what this process has given or read. Other processes' clocks are seen only
 * in what is read of them, so that readers who ask for a time take the running maximum.
 */
export type LogClock = Readonly<{ give(now: Instant): Instant; see(recordedAt: Instant): void }>;

export const createLogClock = (): LogClock => {
  let floor: Instant = '';
  const see = (recordedAt: Instant): void => {
    if (recordedAt > floor) floor = recordedAt;
  };
  return {
    give: (now) => {
      see(now);
      return floor;
    },
    see,
  };
};
