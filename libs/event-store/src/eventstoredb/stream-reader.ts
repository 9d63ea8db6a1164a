import type { StreamSlice } from '../event-store.port.js';
import { createBatchQueue, type BatchQueue, type Settled } from '../log/batch-queue.js';
import type { CheckedStreamRead } from '../log/read-checks.js';
import { MAX_INT64 } from '../event-store-limits.js';
import type { MetadataGuard } from './metadata-guard.js';
import type { LogClock } from './log-clock.js';
import type { SeenRevisions } from './seen-revisions.js';
import type { ServerReads } from './server-reads.js';
import { eventOf } from './server-records.js';
import { storeError, wouldForget } from './store-errors.js';
import { serverStream } from './stream-names.js';

export type StreamReaderOptions = Readonly<{
  reads: ServerReads;
  guard: MetadataGuard;
  seen: SeenRevisions;
  clock: LogClock;
  maxQueued: number;
  maxReadsInFlight: number;
  ready: () => Promise<void>;
}>;

/** Events of a slice follow each other without a gap; where the server leaves some out, it has forgotten them. */
const checkWhole = ({ direction, from }: CheckedStreamRead, { events, last }: StreamSlice): void => {
  const step = direction === 'forward' ? 1n : -1n;
  const start = direction === 'backward' && last !== null && from > last ? last : from;
  const isWhole = events.every(({ revision }, index) => revision === start + step * BigInt(index));
  const isMissing = events.length === 0 && last !== null && from <= last;
  if (!isWhole || isMissing) throw wouldForget('a stream of the log was truncated in EventStoreDB');
};

const lookOnce = async ({ reads }: StreamReaderOptions, read: CheckedStreamRead): Promise<StreamSlice> => {
  const { direction, from, limit } = read;
  const isFromEnd = direction === 'backward' && from === MAX_INT64;
  const records = await reads.records({
    stream: serverStream(read.stream),
    direction,
    from: isFromEnd ? null : from,
    count: limit,
  });
  if (records === null) return { events: [], last: null };
  const events = records.map(eventOf);
  const end = direction === 'forward' ? events.at(-1) : events[0];
  // A forward read that was not filled has seen the end; one backward from the end, or beyond it, began there.
  const seesEnd = direction === 'forward' ? events.length < limit : end !== undefined && end.revision < from;
  const last = seesEnd && end ? end.revision : await reads.last(read.stream);
  return { events, last };
};

const sliceOf = async (options: StreamReaderOptions, read: CheckedStreamRead): Promise<StreamSlice> => {
  const slice = await lookOnce(options, read);
  const { events, last } = slice;
  // Nothing was there, and then the end was further on: it may have been written in between.
  const hasGrown = read.direction === 'forward' && events.length === 0 && last !== null && read.from <= last;
  return hasGrown ? lookOnce(options, read) : slice;
};

const settle = async (
  options: StreamReaderOptions,
  read: CheckedStreamRead,
): Promise<Settled<StreamSlice>> => {
  try {
    const answer = await sliceOf(options, read);
    checkWhole(read, answer);
    options.guard.check();
    options.seen.see(read.stream, answer.last);
    for (const event of answer.events) options.clock.see(event.recordedAt);
    return { answer };
  } catch (error) {
    return { error: storeError(error) };
  }
};

const oneAtATime = (): (() => boolean) => {
  let taken = false;
  return () => !taken && (taken = true);
};

/** Bounded: what waits beyond it is refused, not piled up. */
export const createStreamReader = (
  options: StreamReaderOptions,
): BatchQueue<CheckedStreamRead, StreamSlice> =>
  createBatchQueue({
    maxQueued: options.maxQueued,
    maxInFlight: options.maxReadsInFlight,
    newBatch: oneAtATime,
    run: async (batch) => {
      await options.ready();
      return Promise.all(batch.map((read) => settle(options, read)));
    },
  });
