import { LacunaError } from '@lacuna/domain/kernel';

/** Each ask's own answer: one that fails never takes its neighbours with it. */
export type Settled<Answer> = Readonly<{ answer: Answer } | { error: LacunaError }>;

export type BatchQueueOptions<Ask, Answer> = Readonly<{
  /** Asks that may wait; beyond it `STORE_BUSY`. */
  maxQueued: number;
  maxQueuedBytes?: number;
  maxInFlight: number;
  bytesOf?: (ask: Ask) => number;
  /** Begins a batch: the returned function says of each waiting ask, in order, whether it goes in. */
  newBatch: () => (ask: Ask) => boolean;
  /** One answer per ask, in order. What it throws is every ask's answer, of this batch and of those that wait. */
  run: (batch: readonly Ask[]) => Promise<readonly Settled<Answer>[]>;
}>;

export type BatchQueue<Ask, Answer> = Readonly<{
  submit(ask: Ask): Promise<Answer>;
  /** Refuses what comes later; resolves when what is under way has been answered. */
  close(): Promise<void>;
}>;

type Waiting<Ask, Answer> = Readonly<{
  ask: Ask;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}>;

/**
 * Asks that come while a batch is in flight make up the next one, so that they share its round trip and its commit.
 * A batch starts at the end of the turn: those whose answers arrived together ask again together.
 */
class Batches<Ask, Answer> {
  private waiting: Waiting<Ask, Answer>[] = [];
  private waitingBytes = 0;
  private inFlight = 0;
  private isScheduled = false;
  private isClosed = false;
  private whenIdle: (() => void)[] = [];

  constructor(private readonly options: BatchQueueOptions<Ask, Answer>) {}

  submit(ask: Ask): Promise<Answer> {
    if (this.isClosed) return Promise.reject(new LacunaError('STORE_UNAVAILABLE', 'the store is closed'));
    if (this.isFull(ask)) return Promise.reject(new LacunaError('STORE_BUSY'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ ask, resolve, reject });
      this.waitingBytes += this.bytesOf(ask);
      this.schedule();
    });
  }

  close(): Promise<void> {
    this.isClosed = true;
    if (this.isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  private bytesOf(ask: Ask): number {
    return this.options.bytesOf?.(ask) ?? 0;
  }

  private isFull(ask: Ask): boolean {
    const { maxQueued, maxQueuedBytes = Infinity } = this.options;
    return this.waiting.length >= maxQueued || this.waitingBytes + this.bytesOf(ask) > maxQueuedBytes;
  }

  private isIdle(): boolean {
    return this.inFlight === 0 && this.waiting.length === 0;
  }

  private schedule(): void {
    if (this.isScheduled || this.inFlight >= this.options.maxInFlight || this.waiting.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      const batch = this.take();
      if (batch.length > 0) void this.settle(batch);
      this.schedule();
    });
  }

  private take(): Waiting<Ask, Answer>[] {
    const goesIn = this.options.newBatch();
    const batch: Waiting<Ask, Answer>[] = [];
    const rest: Waiting<Ask, Answer>[] = [];
    for (const one of this.waiting) (goesIn(one.ask) ? batch : rest).push(one);
    this.waiting = rest;
    this.waitingBytes = rest.reduce((sum, one) => sum + this.bytesOf(one.ask), 0);
    return batch;
  }

  private async settle(batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    this.inFlight += 1;
    try {
      const answers = await this.options.run(batch.map((one) => one.ask));
      batch.forEach((one, index) => {
        const settled = answers[index];
        if (settled && 'answer' in settled) one.resolve(settled.answer);
        else one.reject(settled?.error ?? new LacunaError('STORE_REFUSED', 'a request was left unanswered'));
      });
    } catch (error) {
      // Those that wait would find the same: they learn it now, not one time-out after the other.
      const all = [...batch, ...this.waiting];
      this.waiting = [];
      this.waitingBytes = 0;
      for (const one of all) one.reject(error);
    } finally {
      this.inFlight -= 1;
      this.schedule();
      if (this.isIdle()) for (const resolve of this.whenIdle.splice(0)) resolve();
    }
  }
}

export const createBatchQueue = <Ask, Answer>(
  options: BatchQueueOptions<Ask, Answer>,
): BatchQueue<Ask, Answer> => new Batches(options);
