import { hasCode } from '@lacuna/domain/kernel';
import type { AppendResult } from '../event-store.port.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { newAppendBatch } from '../log/append-choice.js';
import { appendAnswers, appendQuery } from './append-batch.js';
import { createBatchQueue, type BatchQueue, type Settled } from '../log/batch-queue.js';
import { kindOfFailure } from './database-errors.js';
import type { SessionOptions } from './primary-session.js';
import { withRetries } from './retry.js';
import { WriterConnection } from './writer-connection.js';

export type LogWriterOptions = SessionOptions &
  Readonly<{ maxQueued: number; maxQueuedBytes: number; reconnectMs: number }>;

export type LogWriter = Readonly<{
  append(request: CheckedAppend): Promise<AppendResult>;
  close(): Promise<void>;
}>;

type Answers = readonly Settled<AppendResult>[];

/** One batch is one statement is one commit; sent again after a lost answer, its event ids bring the first answer back. */
const sendBatch = (
  connection: WriterConnection,
  batch: readonly CheckedAppend[],
  reconnectMs: number,
): Promise<Answers> =>
  withRetries({ reconnectMs }, async () => {
    try {
      const { rows } = await connection.use((client) => client.query(appendQuery(batch)));
      return appendAnswers(rows);
    } catch (error) {
      if (kindOfFailure(error) === 'lost') connection.discard();
      throw error;
    }
  });

/** What PostgreSQL refuses for one request's sake is found by sending each alone: the others must not suffer (A06). */
const sendOneByOne = async (
  batch: readonly CheckedAppend[],
  send: (batch: readonly CheckedAppend[]) => Promise<Answers>,
): Promise<Answers> => {
  const answers: Settled<AppendResult>[] = [];
  for (const request of batch) {
    try {
      answers.push(...(await send([request])));
    } catch (error) {
      if (!hasCode(error, 'STORE_REFUSED')) throw error;
      answers.push({ error });
    }
  }
  return answers;
};

/** Group commit: one connection, one batch at a time. */
export const createLogWriter = (options: LogWriterOptions): LogWriter => {
  const connection = new WriterConnection(options);
  const send = (batch: readonly CheckedAppend[]): Promise<Answers> =>
    sendBatch(connection, batch, options.reconnectMs);
  const queue: BatchQueue<CheckedAppend, AppendResult> = createBatchQueue({
    maxQueued: options.maxQueued,
    maxQueuedBytes: options.maxQueuedBytes,
    maxInFlight: 1,
    bytesOf: (request) => request.bytes,
    newBatch: newAppendBatch,
    run: (batch) =>
      send(batch).catch((error: unknown) => {
        if (batch.length > 1 && hasCode(error, 'STORE_REFUSED')) return sendOneByOne(batch, send);
        throw error;
      }),
  });
  return {
    append: (request) => queue.submit(request),
    close: async () => {
      await queue.close();
      await connection.close();
    },
  };
};
