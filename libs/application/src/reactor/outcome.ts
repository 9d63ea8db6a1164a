import { LacunaError } from '@lacuna/domain/kernel';
import type { Failure, Fired } from './reactor.port.js';

const AT_ONCE = 16;

/** What one settling did, and what it could not: one item that fails hurts no other. */
export class Outcome {
  readonly fired: Fired[] = [];
  readonly failures: Failure[] = [];

  /** `act` says false where the fact already held. */
  async try(kind: Fired['kind'], act: () => Promise<unknown>): Promise<void> {
    try {
      if ((await act()) !== false) this.fired.push({ kind });
    } catch (error) {
      this.failures.push({ kind, code: error instanceof LacunaError ? error.code : 'INTERNAL' });
    }
  }

  /** Some at once, so that they share the stores' commits. */
  async tryEach<Item>(
    kind: Fired['kind'],
    items: readonly Item[],
    act: (item: Item) => Promise<unknown>,
  ): Promise<void> {
    for (let start = 0; start < items.length; start += AT_ONCE)
      await Promise.all(items.slice(start, start + AT_ONCE).map((item) => this.try(kind, () => act(item))));
  }
}
