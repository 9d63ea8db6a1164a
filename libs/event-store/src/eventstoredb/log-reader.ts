import { hasCode } from '@lacuna/domain/kernel';
import type { AllRead, LogBatch, Position, RecordedEvent } from '../event-store.port.js';
import { checkAllRead, checkNotAhead } from '../log/read-checks.js';
import { createKnownPositions } from './known-positions.js';
import type { LogClient } from './log-client.js';
import type { MetadataGuard } from './metadata-guard.js';
import { pause } from './retry.js';
import { LOG_METADATA_PREFIX, LOG_PREFIX } from './stream-names.js';
import { SubscriptionFeed } from './subscription-feed.js';

export type LogReaderOptions = Readonly<{
  client: LogClient;
  guard: MetadataGuard;
  head: () => Promise<Position>;
  see: (event: RecordedEvent) => void;
  closing: AbortSignal;
}>;

export type LogReader = Readonly<{
  readAll(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
  subscribe(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
}>;

type Reading = Readonly<{ feed: SubscriptionFeed; batchSize: number; signal: AbortSignal }>;

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
    const feed = this.feed(after, signal);
    try {
      yield* this.batchesUpTo({ feed, batchSize, signal }, { after, end, head });
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
    while (position < end && (await feed.arrived())) {
      const next = feed.peek();
      if (!next || next.position > end) break;
      feed.shift();
      this.options.see(next);
      position = next.position;
      if (events.push(next) < batchSize && position < end) continue;
      this.options.guard.check();
      yield { events, position, caughtUp: position >= head };
      if (signal.aborted) return;
      events = [];
    }
    if (events.length > 0 && !signal.aborted) yield { events, position, caughtUp: position >= head };
  }

  private feed(after: Position, signal: AbortSignal): SubscriptionFeed {
    return new SubscriptionFeed({
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
