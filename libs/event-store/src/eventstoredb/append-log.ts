import { LacunaError } from '@lacuna/domain/kernel';
import type { AppendResult } from '../event-store.port.js';
import { newAppendBatch } from '../log/append-choice.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { createBatchQueue, type BatchQueue, type Settled } from '../log/batch-queue.js';
import { knownOrConflict, planAppend, type AppendParts, type Planned } from './append-plan.js';
import type { StreamWrite, WriteAnswer } from './batch-requests.js';
import type { BatchWriter } from './batch-writer.js';
import type { LogClock } from './log-clock.js';
import { withRetries, type RetryPolicy } from './retry.js';
import { encodeRecordedAt } from './server-records.js';
import { kindOfFailure, storeError, wouldForget } from './store-errors.js';
import { serverStream } from './stream-names.js';

export type AppendLogOptions = AppendParts &
  Readonly<{
    writer: BatchWriter;
    clock: LogClock;
    policy: RetryPolicy;
    maxQueued: number;
    maxQueuedBytes: number;
    /** Resolves when the store may be used. */
    ready: () => Promise<void>;
  }>;

type Ready = Readonly<{ request: CheckedAppend; planned: Planned }>;
type Outcome = Settled<AppendResult> | null;

// An append that expects nothing takes the next revision, and the next, while others are faster.
const MAX_TRIES = 20;

const writeOf = ({ request, planned }: Ready): StreamWrite => ({
  stream: serverStream(request.stream),
  expected: planned.start === 0n ? 'none' : planned.start - 1n,
  records: request.events.map(({ id, type, body }) => ({
    id,
    type,
    data: Buffer.from(body),
    metadata: encodeRecordedAt(planned.recordedAt),
  })),
});

/**
 * Writes in the order of `recordedAt`, over one call. What was not answered is written again, in the same order:
 * at an explicit revision the server knows a write that it has.
 */
const writeInOrder = async (
  { writer, policy }: AppendLogOptions,
  ready: readonly Ready[],
): Promise<Settled<WriteAnswer>[]> => {
  const settled = new Map<Ready, Settled<WriteAnswer>>();
  const attempt = async (): Promise<void> => {
    const open = ready.filter((one) => !settled.has(one));
    const answers = await Promise.allSettled(open.map((one) => writer.write(writeOf(one))));
    let unknown: unknown = null;
    answers.forEach((answer, index) => {
      const one = open[index];
      if (!one) return;
      if (answer.status === 'fulfilled') settled.set(one, { answer: answer.value });
      else if (kindOfFailure(answer.reason) === 'lost') unknown ??= answer.reason;
      else settled.set(one, { error: storeError(answer.reason) });
    });
    if (unknown !== null) throw unknown instanceof Error ? unknown : new LacunaError('STORE_UNAVAILABLE');
  };
  const given = await withRetries(policy, attempt).then(
    () => null,
    (error: unknown) => storeError(error),
  );
  return ready.map((one) => settled.get(one) ?? { error: given ?? new LacunaError('STORE_UNAVAILABLE') });
};

const isPlanned = (plan: AppendResult | Planned): plan is Planned => !('kind' in plan);

const settleWith = async (work: () => Promise<AppendResult | null>): Promise<Outcome> => {
  try {
    const answer = await work();
    return answer && { answer };
  } catch (error) {
    return { error: storeError(error) };
  }
};

class AppendLog {
  constructor(private readonly options: AppendLogOptions) {}

  /** One answer per request; `null` for one that lost its revision without having expected any. */
  async runOnce(batch: readonly CheckedAppend[]): Promise<Outcome[]> {
    const plans = await Promise.all(
      batch.map((request) => {
        // In the order of the batch, which is the order in which they will be written.
        const recordedAt = this.options.clock.give(request.now);
        return planAppend(this.options, request, recordedAt).catch((error: unknown) => storeError(error));
      }),
    );
    const ready = plans.map((plan, index): Ready | null => {
      const request = batch[index];
      return request && !(plan instanceof LacunaError) && isPlanned(plan) ? { request, planned: plan } : null;
    });
    const writing = ready.filter((one) => one !== null);
    const written = await writeInOrder(this.options, writing);
    const outcomes = await Promise.all(
      writing.map((one, index) => this.conclude(one, written[index] ?? { error: storeError(null) })),
    );
    return plans.map((plan, index) => {
      if (plan instanceof LacunaError) return { error: plan };
      if (!isPlanned(plan)) return { answer: plan };
      const place = writing.indexOf(ready[index] as Ready);
      return outcomes[place] ?? null;
    });
  }

  private conclude(one: Ready, settled: Settled<WriteAnswer>): Promise<Outcome> {
    if ('error' in settled) return Promise.resolve(settled);
    const { answer } = settled;
    return settleWith(() =>
      answer.kind === 'written' ? this.appended(one, answer) : this.lostRevision(one),
    );
  }

  private async appended(
    { request, planned }: Ready,
    { revision, position }: WriteAnswer & Readonly<{ kind: 'written' }>,
  ): Promise<AppendResult> {
    const { stream, events } = request;
    // A stream that was deleted takes "no stream", and goes on counting where it ended.
    if (revision !== planned.start + BigInt(events.length) - 1n)
      throw wouldForget('a stream of the log was truncated in EventStoreDB');
    this.options.seen.see(stream, revision);
    const place = position ?? (await this.options.reads.eventAt(stream, revision))?.position;
    if (place === undefined) throw wouldForget('an event of the log is gone from EventStoreDB');
    const kind = planned.isFirst ? 'appended' : 'known';
    return { kind, revision, position: place, recordedAt: planned.recordedAt };
  }

  private async lostRevision({ request }: Ready): Promise<AppendResult | null> {
    const answer = await knownOrConflict(this.options, request);
    return answer.kind === 'conflict' && request.expected === 'any' ? null : answer;
  }
}

/** Appends that arrive while a batch is in flight make up the next one: its two round trips serve them all. */
export const createAppendLog = (options: AppendLogOptions): BatchQueue<CheckedAppend, AppendResult> => {
  const log = new AppendLog(options);
  return createBatchQueue({
    maxQueued: options.maxQueued,
    maxQueuedBytes: options.maxQueuedBytes,
    maxInFlight: 1,
    bytesOf: (request) => request.bytes,
    newBatch: newAppendBatch,
    run: async (batch) => {
      await options.ready();
      const outcomes = await log.runOnce(batch);
      for (let tries = 1; tries < MAX_TRIES && outcomes.includes(null); tries += 1) {
        const open = batch.filter((_, index) => outcomes[index] === null);
        const again = await log.runOnce(open);
        open.forEach((request, index) => (outcomes[batch.indexOf(request)] = again[index] ?? null));
      }
      return outcomes.map((outcome) => outcome ?? { error: new LacunaError('STORE_CONTENDED') });
    },
  });
};
