/** Where a record stands for whoever has read it before: in its key's order or, where the key has none, which it was. */
export type Mark = Readonly<{
  tenant: string;
  context: string;
  key: string;
  /** Rises within a key, as text; null: a key of one record. */
  sequence: string | null;
  id: string;
}>;

/**
 * What a consumer has passed. Delivery is at least once: after a crash of the relay, a broker or the consumer, records
 * come again, each in its key's order.
 */
export interface Inbox<Transaction> {
  /**
   * Runs `effect` for a record that was not passed yet, and remembers it. False: it had been passed, nothing ran. An
   * effect that rejects leaves nothing remembered, and the record comes again. Records of one key come one at a time.
   */
  once(mark: Mark, effect: (transaction: Transaction) => Promise<void>): Promise<boolean>;
}

/** How many keyless records are remembered: more than a relay ever has under way. */
const REMEMBERED_IDS = 100_000;

const keyOf = ({ tenant, context, key }: Mark): string => JSON.stringify([tenant, context, key]);

/** The latest `size` texts that were added. */
class LatestIds {
  readonly #ids = new Set<string>();

  constructor(private readonly size: number) {}

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > this.size && oldest !== undefined) this.#ids.delete(oldest);
  }
}

/**
 * Remembers for as long as the process lives: for effects that may happen twice after a restart, and for tests. One
 * short text per key.
 */
export const memoryInbox = (rememberedIds = REMEMBERED_IDS): Inbox<null> => {
  const passed = new Map<string, string>();
  const ids = new LatestIds(rememberedIds);
  const isPassed = (mark: Mark): boolean =>
    mark.sequence === null ? ids.has(mark.id) : mark.sequence <= (passed.get(keyOf(mark)) ?? '');
  return {
    once: async (mark, effect) => {
      if (isPassed(mark)) return false;
      await effect(null);
      if (mark.sequence === null) ids.add(mark.id);
      else passed.set(keyOf(mark), mark.sequence);
      return true;
    },
  };
};
