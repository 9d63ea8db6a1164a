import type { Instant } from '@lacuna/domain/kernel';

/** One stop of a simulated clock on its way. */
export type ClockStop = Readonly<{
  now: Instant;
  stop: 'deadline' | 'nightly-run' | 'target';
  /** How much was due there and done. */
  fired: number;
  done: boolean;
}>;

/** Who moves the clock, in which tenant's calendar. */
export type ClockOrder = Readonly<{ tenant: string; actorId: string; role: string }>;

/**
 * What the reactor lets an operator do. Errors are `LacunaError`s: `CLOCK_IS_REAL`, `DURATION_INVALID`.
 */
export interface ClockControl {
  /** Walks to now + `by` (ISO 8601), stopping at everything due; each stop's work is done when it is yielded. Ends early when `signal` aborts, at a stop. */
  advance(order: ClockOrder, by: string, signal: AbortSignal): AsyncIterable<ClockStop>;

  /** Lets a nightly run go on that a jump of the real clock paused. Without one: nothing. */
  confirmJump(order: ClockOrder): Promise<void>;
}

export const CLOCK_CONTROL = Symbol('ClockControl');
