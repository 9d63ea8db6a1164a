import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import { apartFromCalls, isLeaseLost } from '@lacuna/runtime';
import { packOf } from '../policy/gate.js';
import { confirmClockJump } from '../upkeep/clock-jump.js';
import { nextNight } from '../upkeep/night.js';
import { nextDeadline } from './due.js';
import { Outcome } from './outcome.js';
import type { ClockStop, Failure, Fired, Reactor, Stop } from './reactor.port.js';
import type { ReactorParts } from './reactor-parts.js';
import { settleNow } from './settle.process.js';
import { targetOf } from './walk.js';

/** How often a walk of the clock takes its turn again before it says that it has none. */
const TURNS_LOST = 3;

class LogReactor implements Reactor {
  failures: readonly Failure[] = [];
  paused = false;
  tried = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: ReactorParts) {}

  /** One at a time in a process. */
  settle(): Promise<readonly Fired[]> {
    const turn = this.#turn.then(async () => {
      // Another process may have moved a simulated clock.
      await this.parts.clock.refresh();
      const outcome = new Outcome(() => {
        this.parts.turn.check();
        this.tried += 1;
      });
      try {
        // Whoever ordered the clock on may hang up: what is due is due.
        this.paused = await apartFromCalls(() => settleNow(this.parts, outcome));
      } finally {
        this.failures = outcome.failures;
        this.parts.onSettled?.(outcome);
      }
      return outcome.fired;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async nextDue(after: Instant): Promise<Stop | null> {
    const { ports, deadlines } = this.parts;
    await deadlines.passed(await ports.store.head());
    const deadline = await nextDeadline(ports, deadlines, after);
    const night = nextNight(ports.packs, after);
    if (deadline !== null && (night === null || deadline <= night)) return { at: deadline, stop: 'deadline' };
    return night === null ? null : { at: night, stop: 'nightly-run' };
  }

  async *advance(
    { tenant }: Readonly<{ tenant: string }>,
    by: string,
    signal: AbortSignal,
  ): AsyncGenerator<ClockStop> {
    const { ports, clock, turn } = this.parts;
    if (clock.kind === 'real') throw new LacunaError('CLOCK_IS_REAL', 'a real clock is not moved');
    await turn.take(signal);
    await clock.refresh();
    const target = targetOf(clock.now(), by, packOf(ports, tenant).zone);
    for (let lost = 0; ; lost += 1) {
      try {
        yield* this.walk(target, signal);
        return;
      } catch (cause) {
        if (!isLeaseLost(cause)) throw cause;
        // A database that was away, or another order: the first is over soon, the second is answered so.
        if (lost === TURNS_LOST)
          throw new LacunaError('REACTOR_ELSEWHERE', 'another reactor acts now', [], { cause });
        await turn.take(signal);
        await clock.refresh();
      }
    }
  }

  /** Who walks the clock has the turn: it settles at every stop itself, and nobody else meanwhile. */
  private async *walk(target: Instant, signal: AbortSignal): AsyncGenerator<ClockStop> {
    const { clock, turn } = this.parts;
    await this.settleWhole();
    for (;;) {
      if (signal.aborted) return;
      const next = await this.nextDue(clock.now());
      if (next === null || next.at > target) break;
      turn.check();
      await clock.advanceTo(next.at);
      yield { now: clock.now(), stop: next.stop, fired: await this.settleWhole(), done: false };
    }
    turn.check();
    await clock.advanceTo(target);
    yield { now: clock.now(), stop: 'target', fired: await this.settleWhole(), done: true };
  }

  confirmJump(): Promise<void> {
    return confirmClockJump(this.parts.ports);
  }

  /** A simulated clock does not go on over something that should have happened and did not. */
  private async settleWhole(): Promise<number> {
    const fired = await this.settle();
    const [failure] = this.failures;
    if (failure !== undefined)
      throw new LacunaError(failure.code, `the clock stands: a ${failure.kind} could not be done`);
    return fired.length;
  }
}

export const createReactor = (parts: ReactorParts): Reactor => new LogReactor(parts);
