import { randomUUID } from 'node:crypto';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  answerOf,
  batchRequests,
  correlationOf,
  isOfNoUse,
  type StreamWrite,
  type WriteAnswer,
} from './batch-requests.js';
import type { BatchCall, LogClient } from './log-client.js';
import { lost } from './store-errors.js';

/** Writes over one call: the server takes them in the order in which they were given. */
export type BatchWriter = Readonly<{
  /** Rejects with `STORE_UNAVAILABLE` where nothing is known of it: write the same again. */
  write(write: StreamWrite): Promise<WriteAnswer>;
  close(): void;
}>;

type Pending = Readonly<{
  resolve: (answer: WriteAnswer) => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
}>;

/** One call of the server and what waits for its answers; when it breaks, all of that is unknown, and nothing else. */
class Batch {
  private readonly pending = new Map<string, Pending>();
  isOver = false;

  constructor(
    private readonly call: BatchCall,
    private readonly timeoutMs: number,
  ) {
    const { stream } = call;
    stream.on('data', (response: BatchAppendResp) => this.settle(response));
    stream.on('error', (error: unknown) => this.end(error));
    stream.on('end', () => this.end(lost('stream ended')));
    stream.on('close', () => this.end(lost('stream closed')));
  }

  write(write: StreamWrite): Promise<WriteAnswer> {
    if (this.isOver) return Promise.reject(lost('stream ended'));
    if (Date.now() > (write.until ?? Infinity)) return Promise.reject(lost('under way for too long'));
    return new Promise((resolve, reject) => {
      const correlation = randomUUID();
      const timer = setTimeout(() => this.leave(lost('timeout')), this.timeoutMs);
      this.pending.set(correlation, { resolve, reject, timer });
      for (const request of batchRequests(correlation, write)) this.call.stream.write(request);
    });
  }

  end(error: unknown): void {
    this.isOver = true;
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.pending.clear();
  }

  /** The call would stay with a node that was cut off from its cluster for as long as its connection stands. */
  private leave(error: unknown): void {
    this.end(error);
    this.call.leaveNode();
    this.call.stream.cancel();
  }

  private settle(response: BatchAppendResp): void {
    const correlation = correlationOf(response);
    const waiting = this.pending.get(correlation);
    if (!waiting) return;
    this.pending.delete(correlation);
    clearTimeout(waiting.timer);
    const answer = answerOf(response);
    if (answer instanceof Error) waiting.reject(answer);
    else waiting.resolve(answer);
    if (isOfNoUse(response)) this.leave(lost('not ready'));
  }
}

export const createBatchWriter = (client: LogClient, timeoutMs: number): BatchWriter => {
  let current: Promise<Batch> | null = null;
  let open: Batch | null = null;
  const batch = (): Promise<Batch> => {
    if (open?.isOver) current = open = null;
    current ??= client.openBatch().then(
      (call) => (open = new Batch(call, timeoutMs)),
      (error: unknown) => {
        current = null;
        throw error;
      },
    );
    return current;
  };
  return {
    write: async (write) => (await batch()).write(write),
    close: () => open?.end(lost('the store is closed')),
  };
};
