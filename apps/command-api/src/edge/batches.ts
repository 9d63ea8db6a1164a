import { setImmediate as nextTurn } from 'node:timers/promises';

type Waiting<Item, Result> = Readonly<{
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}>;

/**
 * Does a kind of work for many items at once: what has arrived while one batch is under way makes the next, in the
 * order of arrival. One batch at a time, so items are worked on in the order in which they came. `work` answers for
 * each of its items; where it throws, every item of that batch gets the error.
 */
export class Batches<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private working = false;

  constructor(
    private readonly size: number,
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.working) void this.workAll();
    });
  }

  private async workAll(): Promise<void> {
    this.working = true;
    // A turn of the loop lets what came in with the first one join it.
    await nextTurn();
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.size);
      this.waiting = this.waiting.slice(this.size);
      await this.workBatch(batch);
    }
    this.working = false;
  }

  private async workBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error('an item of a batch has no answer'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
