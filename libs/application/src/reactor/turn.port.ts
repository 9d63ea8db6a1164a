import type { ClientBase } from 'pg';

/** The right to act of one reactor among several on the same store. What another may do by now fails with `LEASE_LOST`. */
export interface Turn {
  /** Becomes the one that acts, whoever acts now: an operator has ordered it. `REACTOR_ELSEWHERE` where it does not come to it in time, or before the signal aborts. */
  take(signal: AbortSignal): Promise<void>;
  /** Before an effect. Nothing is asked of a database. */
  check(): void;
  /** In the transaction of a write, which is then this reactor's or does not come to be. */
  guard(client: ClientBase): Promise<void>;
}

/** Of a reactor that shares its store with no other one, or only ever does what it is told. */
export const soleTurn: Turn = {
  take: () => Promise.resolve(),
  check: () => undefined,
  guard: () => Promise.resolve(),
};
