import { LacunaError } from '@lacuna/domain/kernel';

export type Settled<Result> = Readonly<{ ok: Result }> | Readonly<{ error: Error }>;

export type BatcherOptions<Job, Result> = Readonly<{
  /** Answers every job of a batch in order; what it throws answers all of them. */
  run: (jobs: readonly Job[]) => Promise<readonly Settled<Result>[]>;
  /** Most jobs in a batch, most batches at once, most jobs waiting. */
  limit: number;
  lanes: number;
  maxQueued: number;
  /** Two jobs that share a key are never under way at once, and keep their order. */
  keysOf?: (job: Job) => readonly string[];
}>;

const SMALLEST_SHARE = 16;

type Waiting<Job, Result> = Readonly<{
  job: Job;
  keys: readonly string[];
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}>;

/** Lets concurrent callers share a round trip: whoever comes while one is under way goes with the next. */
export class Batcher<Job, Result> {
  private queue: Waiting<Job, Result>[] = [];
  private active = 0;
  private scheduled = false;
  private readonly held = new Set<string>();

  constructor(private readonly options: BatcherOptions<Job, Result>) {}

  submit(job: Job): Promise<Result> {
    if (this.queue.length >= this.options.maxQueued)
      return Promise.reject(
        new LacunaError('CUSTODY_UNAVAILABLE', 'custody has too many callers waiting: retry later'),
      );
    return new Promise((resolve, reject) => {
      this.queue.push({ job, keys: this.options.keysOf?.(job) ?? [], resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.active >= this.options.lanes || this.queue.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const batch = this.take();
    if (batch.length === 0) return;
    this.active += 1;
    for (const key of batch.flatMap((waiting) => waiting.keys)) this.held.add(key);
    this.schedule();
    try {
      const answers = await this.options.run(batch.map((waiting) => waiting.job));
      batch.forEach((waiting, index) => settle(waiting, answers[index]));
    } catch (error) {
      const reason = error instanceof Error ? error : new Error('a batch failed', { cause: error });
      for (const waiting of batch) waiting.reject(reason);
    } finally {
      this.active -= 1;
      for (const key of batch.flatMap((waiting) => waiting.keys)) this.held.delete(key);
      this.schedule();
    }
  }

  /** Its share of what waits: the free lanes work side by side, one preparing while the database runs the other. */
  private take(): readonly Waiting<Job, Result>[] {
    const share = Math.ceil(this.queue.length / (this.options.lanes - this.active));
    const limit = Math.min(this.options.limit, Math.max(SMALLEST_SHARE, share));
    const batch: Waiting<Job, Result>[] = [];
    const left: Waiting<Job, Result>[] = [];
    const seen = new Set(this.held);
    for (const waiting of this.queue) {
      const free = batch.length < limit && waiting.keys.every((key) => !seen.has(key));
      (free ? batch : left).push(waiting);
      for (const key of waiting.keys) seen.add(key);
    }
    this.queue = left;
    return batch;
  }
}

const settle = <Job, Result>(waiting: Waiting<Job, Result>, answer: Settled<Result> | undefined): void => {
  if (answer === undefined) waiting.reject(new Error('a batch left a job without an answer'));
  else if ('ok' in answer) waiting.resolve(answer.ok);
  else waiting.reject(answer.error);
};
