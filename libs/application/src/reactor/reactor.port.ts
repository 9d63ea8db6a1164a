import type { Instant } from '@lacuna/domain/kernel';

/** Something that happened by itself. */
export type Fired = Readonly<{
  kind:
    | 'correction'
    | 'identity-retention'
    | 'activity-end'
    | 'activity-retention'
    | 'nightly-run'
    | 'statistics'
    | 'retention'
    | 'keys'
    | 'erase'
    | 'finalise'
    | 'claims'
    | 'restriction'
    | 'open-claim';
}>;

/** What could not be done, for `status` and the log: a code, never a person. It is tried again at the next settling. */
export type Failure = Readonly<{ kind: Fired['kind']; code: string }>;

export type Stop = Readonly<{ at: Instant; stop: 'deadline' | 'nightly-run' }>;

/** One stop of a simulated clock on its way. */
export type ClockStop = Readonly<{
  now: Instant;
  stop: Stop['stop'] | 'target';
  fired: number;
  done: boolean;
}>;

/**
 * What acts once. It never replays into the world: everything it does is a command named by what caused it, so that
 * two reactors, or one that starts again anywhere, do it once. Of several on one store, one has the turn (`Turn`).
 */
export interface Reactor {
  /**
   * Does all that is due at this instant of the business clock, to completion, and says what. What fails stays due,
   * hurts nothing else, and stands in `failures`. While a jump of a real clock is unconfirmed nothing that runs by
   * the clock happens (`paused`); what people have asked for does.
   */
  settle(): Promise<readonly Fired[]>;
  /** The next instant at which something falls due. */
  nextDue(after: Instant): Promise<Stop | null>;
  /**
   * Walks a simulated clock on by an ISO 8601 duration, whose calendar units go by the tenant's zone; each stop's work is
   * done when it is yielded. `CLOCK_IS_REAL`, `DURATION_INVALID`. Ends at a stop when the signal aborts. Of several
   * reactors the one that is asked becomes the one that acts; `REACTOR_ELSEWHERE` where another was asked meanwhile.
   */
  advance(order: Readonly<{ tenant: string }>, by: string, signal: AbortSignal): AsyncIterable<ClockStop>;
  /** An operator says that the real clock is right. Without a pause: nothing. Whichever reactor acts reads it in the log. */
  confirmJump(order: Readonly<{ tenant: string }>): Promise<void>;
  readonly failures: readonly Failure[];
  /** How many things it has tried so far: that it is at work. */
  readonly tried: number;
  readonly paused: boolean;
}
