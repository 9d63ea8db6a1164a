import type { HealthCheck } from './health.js';

export type Standstill = Readonly<{
  /** How far the consumer has come in the log; null: it does not act here, another process does. */
  position: () => Promise<bigint | null>;
  head: () => Promise<bigint>;
  /** What it does that moves no position, counted; a change of it is progress too. */
  works?: () => number;
  limitMs?: number;
  /** The machine's clock, in milliseconds. */
  now?: () => number;
}>;

// With a probe every ten seconds a standstill is seen within thirty.
const LIMIT_MS = 15_000;

type Seen = Readonly<{ at: number; position: bigint; works: number; head: bigint }>;

/**
 * Whether a consumer of the log moves while there is something to move to. Slow is not still: whoever comes on, as
 * little as it may be, serves. Judged from one probe to the next; a standby serves.
 */
export const standstillCheck = ({
  position,
  head,
  works = () => 0,
  limitMs = LIMIT_MS,
  now = () => performance.now(),
}: Standstill): HealthCheck => {
  let seen: Seen | null = null;
  return async () => {
    const reached = await position();
    if (reached === null) {
      seen = null;
      return { state: 'serving', reason: 'standby' };
    }
    const fresh: Seen = { at: now(), position: reached, works: works(), head: await head() };
    const known = seen;
    const hasMoved = known === null || known.position !== fresh.position || known.works !== fresh.works;
    if (known === null || hasMoved || reached >= known.head) {
      seen = fresh;
      return { state: 'serving' };
    }
    const stillMs = fresh.at - known.at;
    return stillMs > limitMs
      ? {
          state: 'not-serving',
          reason: `stands still for ${Math.round(stillMs / 1_000)} s while events arrive`,
        }
      : { state: 'serving' };
  };
};
