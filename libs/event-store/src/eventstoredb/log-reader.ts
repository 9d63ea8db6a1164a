import { hasCode } from '@lacuna/domain/kernel';
import type { AllRead, LogBatch, Position, RecordedEvent } from '../event-store.port.js';
import { checkAllRead, checkNotAhead } from '../log/read-checks.js';
import { createKnownPositions } from './known-positions.js';
import type { LogClient } from './log-client.js';
import type { MetadataGuard } from './metadata-guard.js';
import { pause } from './retry.js';
import { LOG_METADATA_PREFIX, LOG_PREFIX } from './stream-names.js';
import { SubscriptionFeed, type Arrived } from './subscription-feed.js';

export type LogReaderOptions = Readonly<{
  client: LogClient;
  guard: MetadataGuard;
  head: () => Promise<Position>;
  see: (event: RecordedEvent) => void;
  closing: AbortSignal;
  reconnectMs: number;
}>;

export type LogReader = Readonly<{
  readAll(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
  subscribe(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
}>;

type Reading = Readonly<{ feed: SubscriptionFeed; batchSize: number; signal: AbortSignal }>;

// No batch is larger, but by its last event.
const BATCH_BYTES = 2_097_152;

const lower = (one: Position, other: Position): Position => (one < other ? one : other);

class EventStoreDbLogReader implements LogReader {
  private readonly known = createKnownPositions();

  constructor(private readonly options: LogReaderOptions) {}

  async *readAll(after: Position, read: AllRead): AsyncGenerator<LogBatch> {
    const { batchSize, upTo, signal: asked } = checkAllRead(after, read);
    if (asked?.aborted) return;
    const head = await this.options.head();
    checkNotAhead(after, head);
    const end = upTo === null ? head : lower(upTo, head);
    if (after >= end) {
      yield { events: [], position: after, caughtUp: after >= head };
      return;
    }
    const signal = this.untilClosed(asked);
    const feed = this.feed(after, signal, this.options.reconnectMs);
    try {
      let isEmpty = true;
      for await (const batch of this.batchesUpTo({ feed, batchSize, signal }, { after, end, head })) {
        yield batch;
        isEmpty = false;
      }
      // Between two events of ours there may be room for a place to read up to.
      if (isEmpty && !signal.aborted) yield { events: [], position: after, caughtUp: false };
    } finally {
      feed.close();
    }
  }

  async *subscribe(after: Position, read: AllRead): AsyncGenerator<LogBatch> {
    const { batchSize, upTo, signal: asked } = checkAllRead(after, read);
    const signal = this.untilClosed(asked);
    if (signal.aborted) return;
    const head = await this.headInTheEnd(signal);
    if (head === null) return;
    checkNotAhead(after, head);
    const feed = this.feed(after, signal);
    try {
      if (after >= head) yield { events: [], position: after, caughtUp: true };
      yield* this.liveBatches({ feed, batchSize, signal }, after, head, upTo);
    } finally {
      feed.close();
    }
  }

  /** Up to the head, and up to the next head as soon as something arrives that lies beyond it. */
  private async *liveBatches(
    reading: Reading,
    after: Position,
    firstHead: Position,
    upTo: Position | null,
  ): AsyncGenerator<LogBatch> {
    let [position, head] = [after, firstHead];
    for (;;) {
      const end = upTo === null ? head : lower(upTo, head);
      for await (const batch of this.batchesUpTo(reading, { after: position, end, head })) {
        yield batch;
        position = batch.position;
      }
      if ((upTo !== null && head >= upTo) || !(await reading.feed.arrived())) return;
      const next = await this.headInTheEnd(reading.signal);
      if (next === null) return;
      head = next;
    }
  }

  /** A subscriber waits for what passes by itself; `null`: it was aborted meanwhile. */
  private async headInTheEnd(signal: AbortSignal): Promise<Position | null> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        return await this.options.head();
      } catch (error) {
        if (!hasCode(error, 'STORE_UNAVAILABLE', 'STORE_BUSY')) throw error;
      }
      await pause(attempt, signal);
    }
    return null;
  }

  /** What lies between, in batches; the head itself is an event, so that the last one is sure to come. */
  private async *batchesUpTo(
    { feed, batchSize, signal }: Reading,
    { after, end, head }: Readonly<{ after: Position; end: Position; head: Position }>,
  ): AsyncGenerator<LogBatch> {
    let position = after;
    let events: RecordedEvent[] = [];
    let bytes = 0;
    while (position < end) {
      const next = await this.nextUpTo(end, feed);
      if (!next) break;
      position = next.event.position;
      bytes += next.bytes;
      const isFull = events.push(next.event) >= batchSize || bytes >= BATCH_BYTES;
      if (!isFull && position < end) continue;
      this.options.guard.check();
      yield { events, position, caughtUp: position >= head };
      if (signal.aborted) return;
      [events, bytes] = [[], 0];
    }
    if (events.length > 0 && !signal.aborted) yield { events, position, caughtUp: position >= head };
  }

  /** `null`: nothing more up to there, or it was ended. */
  private async nextUpTo(end: Position, feed: SubscriptionFeed): Promise<Arrived | null> {
    const next = (await feed.arrived()) ? feed.peek() : null;
    if (!next || next.event.position > end) return null;
    feed.shift();
    this.options.see(next.event);
    return next;
  }

  private feed(after: Position, signal: AbortSignal, giveUpMs?: number): SubscriptionFeed {
    return new SubscriptionFeed({
      ...(giveUpMs === undefined ? {} : { giveUpMs }),
      client: this.options.client,
      prefixes: [LOG_PREFIX, LOG_METADATA_PREFIX],
      after,
      signal,
      known: this.known,
      aside: (record) => {
        const isMetadata = this.options.guard.see(record);
        this.options.guard.check();
        return isMetadata;
      },
    });
  }

  private untilClosed(asked: AbortSignal | null): AbortSignal {
    return asked ? AbortSignal.any([asked, this.options.closing]) : this.options.closing;
  }
}

export const createLogReader = (options: LogReaderOptions): LogReader => new EventStoreDbLogReader(options);
