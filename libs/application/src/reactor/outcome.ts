import { LacunaError } from '@lacuna/domain/kernel';
import { inSpan, isLeaseLost, outOfTrace } from '@lacuna/runtime';
import type { Failure, Fired } from './reactor.port.js';

const AT_ONCE = 16;

/** What happens by itself is a trace of its own each time, also where somebody walks the clock: it ties nobody to nobody. */
const reacting = (kind: Fired['kind'], act: () => Promise<unknown>): Promise<unknown> =>
  outOfTrace(() => inSpan('react', { attributes: { 'lacuna.reaction': kind } }, act));

/**
 * What one settling did, and what it could not: one item that fails hurts no other. The right to act is looked at
 * before each; where it is lost, that ends the settling.
 */
export class Outcome {
  readonly fired: Fired[] = [];
  readonly failures: Failure[] = [];

  constructor(private readonly mayAct: () => void) {}

  /**
   * `act` says false where the fact already held. In no trace: what is looked at in every settling would say by its
   * times when the events came that woke it, and nothing may date a statistic.
   */
  async try(kind: Fired['kind'], act: () => Promise<unknown>): Promise<void> {
    this.mayAct();
    try {
      if ((await act()) !== false) this.fired.push({ kind });
    } catch (error) {
      if (isLeaseLost(error)) throw error;
      this.failures.push({ kind, code: error instanceof LacunaError ? error.code : 'INTERNAL' });
    }
  }

  /** As `try`, in a trace of its own: for what is there to be done. */
  tryTraced(kind: Fired['kind'], act: () => Promise<unknown>): Promise<void> {
    return this.try(kind, () => reacting(kind, act));
  }

  /** Some at once, so that they share the stores' commits. Ends when each of them has ended. */
  async tryEach<Item>(
    kind: Fired['kind'],
    items: readonly Item[],
    act: (item: Item) => Promise<unknown>,
  ): Promise<void> {
    for (let start = 0; start < items.length; start += AT_ONCE) {
      const some = items.slice(start, start + AT_ONCE).map((item) => this.tryTraced(kind, () => act(item)));
      for (const ended of await Promise.allSettled(some)) if (ended.status === 'rejected') throw ended.reason;
    }
  }
}
