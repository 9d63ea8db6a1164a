/**
 * The business clock: instants in UTC with milliseconds (`1998-06-30T16:00:00.000Z`).
 * It is not the machine's clock: tokens, leases and time-outs never ask it.
 */
export interface Clock {
  readonly kind: 'real' | 'simulated';
  now(): string;
}

export const realClock: Clock = { kind: 'real', now: () => new Date().toISOString() };

/** A clock that stands still until it is moved; it never runs backwards. */
export const simulatedClock = (start: string): Clock & { advanceTo(instant: string): void } => {
  let current = new Date(start).toISOString();
  return {
    kind: 'simulated',
    now: () => current,
    advanceTo(instant) {
      const next = new Date(instant).toISOString();
      if (next < current) throw new Error('a simulated clock does not run backwards');
      current = next;
    },
  };
};
