import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import type { AppendResult } from '../event-store.port.js';
import { newAppendBatch } from '../log/append-choice.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { createBatchQueue, type BatchQueue, type Settled } from '../log/batch-queue.js';
import { knownOrConflict, planAppend, type AppendParts, type Planned } from './append-plan.js';
import type { StreamWrite, WriteAnswer } from './batch-requests.js';
import type { BatchWriter } from './batch-writer.js';
import type { LogClock } from './log-clock.js';
import { pause, withRetries, type RetryPolicy } from './retry.js';
import { encodeRecordedAt } from './server-records.js';
import { kindOfFailure, storeError, wouldForget } from './store-errors.js';
import { serverStream } from './stream-names.js';
import { isSurelyFirst, lastWriteAt } from './under-way.js';

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
// Who waits for ids that are under way elsewhere looks again, about a second long.
const MAX_LOOKS = 8;

const writeOf = ({ request, planned }: Ready): StreamWrite => ({
  stream: serverStream(request.stream),
  until: lastWriteAt(planned.plannedAt),
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

/** Who expected no revision has lost none: it is tried again. */
const outcomeOf = (request: CheckedAppend, answer: AppendResult): Outcome =>
  answer.kind === 'conflict' && request.expected === 'any' ? null : { answer };

class AppendLog {
  constructor(private readonly options: AppendLogOptions) {}

  /** The outcome of each request; `null` for one that lost its revision without having expected any. */
  async runOnce(batch: readonly CheckedAppend[]): Promise<ReadonlyMap<CheckedAppend, Outcome>> {
    const outcomes = new Map<CheckedAppend, Outcome>();
    const planned = await Promise.all(batch.map((request) => this.plan(request)));
    const ready: Ready[] = [];
    for (const [request, plan] of planned)
      if (plan instanceof LacunaError) outcomes.set(request, { error: plan });
      else if (isPlanned(plan)) ready.push({ request, planned: plan });
      else outcomes.set(request, outcomeOf(request, plan));
    const written = await writeInOrder(this.options, ready);
    await Promise.all(
      ready.map(async (one, index) => {
        outcomes.set(one.request, await this.conclude(one, written[index] ?? { error: storeError(null) }));
      }),
    );
    return outcomes;
  }

  /** Called in the order of the batch, which is the order in which it will be written, and of the recorded times. */
  private async plan(
    request: CheckedAppend,
  ): Promise<readonly [CheckedAppend, AppendResult | Planned | LacunaError]> {
    const recordedAt = this.options.clock.give(request.now);
    return [request, await planAppend(this.options, request, recordedAt).catch(storeError)];
  }

  private async conclude(one: Ready, settled: Settled<WriteAnswer>): Promise<Outcome> {
    if ('error' in settled) return settled;
    const { answer } = settled;
    try {
      return answer.kind === 'written'
        ? { answer: await this.appended(one, answer) }
        : await this.lostRevision(one);
    } catch (error) {
      return { error: storeError(error) };
    }
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
    const { isFirst, plannedAt, recordedAt } = planned;
    if (position !== null && isFirst && isSurelyFirst(plannedAt, Date.now()))
      return { kind: 'appended', revision, position, recordedAt };
    // Whoever else was writing the same may have been quicker, with another time.
    const standing = await this.options.reads.eventAt(stream, revision);
    if (standing === null) throw wouldForget('an event of the log is gone from EventStoreDB');
    this.options.clock.see(standing.recordedAt);
    return {
      kind: isFirst ? 'appended' : 'known',
      revision,
      position: standing.position,
      recordedAt: standing.recordedAt,
    };
  }

  private async lostRevision({ request }: Ready): Promise<Outcome> {
    return outcomeOf(request, await knownOrConflict(this.options, request));
  }
}

/** Nothing is known of any of them: those that wait would learn the same, each batch after its own time-outs. */
const throwIfAway = (settled: readonly Settled<AppendResult>[]): void => {
  const [first] = settled;
  const isAway = settled.every((one) => 'error' in one && one.error.code === 'STORE_UNAVAILABLE');
  if (isAway && first && 'error' in first) throw first.error;
};

const createQueue = (options: AppendLogOptions): BatchQueue<CheckedAppend, AppendResult> => {
  const log = new AppendLog(options);
  return createBatchQueue({
    maxQueued: options.maxQueued,
    maxQueuedBytes: options.maxQueuedBytes,
    maxInFlight: 1,
    bytesOf: (request) => request.bytes,
    newBatch: newAppendBatch,
    run: async (batch) => {
      await options.ready();
      const outcomes = new Map(await log.runOnce(batch));
      for (let tries = 1; tries < MAX_TRIES; tries += 1) {
        const open = batch.filter((request) => outcomes.get(request) === null);
        if (open.length === 0) break;
        for (const [request, outcome] of await log.runOnce(open)) outcomes.set(request, outcome);
      }
      const settled = batch.map(
        (request) => outcomes.get(request) ?? { error: new LacunaError('STORE_CONTENDED') },
      );
      throwIfAway(settled);
      return settled;
    },
  });
};

/** Appends that arrive while a batch is in flight make up the next one: its two round trips serve them all. */
export const createAppendLog = (options: AppendLogOptions): BatchQueue<CheckedAppend, AppendResult> => {
  const queue = createQueue(options);
  // Waits outside the queue, where it holds nobody up.
  const patiently = async (request: CheckedAppend): Promise<AppendResult> => {
    for (let looks = 1; ; looks += 1) {
      try {
        return await queue.submit(request);
      } catch (error) {
        if (!hasCode(error, 'STORE_CONTENDED') || looks === MAX_LOOKS) throw error;
      }
      await pause(looks, options.policy.signal);
    }
  };
  return { close: () => queue.close(), submit: patiently };
};
