import { LacunaError } from '@lacuna/domain/kernel';
import type { ClosableEventStore, Position, RecordedEvent } from '../event-store.port.js';
import { checkAppend } from '../log/append-checks.js';
import { checkStreamRead } from '../log/read-checks.js';
import { createAppendLog } from './append-log.js';
import { createBatchWriter } from './batch-writer.js';
import { createLogClock, type LogClock } from './log-clock.js';
import { LogClient } from './log-client.js';
import { createLogReader } from './log-reader.js';
import type { EventStoreDbStoreOptions } from './eventstoredb-options.js';
import { createMetadataGuard, type MetadataGuard } from './metadata-guard.js';
import { createReservations } from './reservations.js';
import { createSeenRevisions } from './seen-revisions.js';
import { createServerReads, type ServerReads } from './server-reads.js';
import type { ServerRecord } from './server-records.js';
import { storeError } from './store-errors.js';
import { ALL_METADATA_STREAM, METADATA_PREFIXES } from './stream-names.js';
import { createStreamReader } from './stream-reader.js';
import { SubscriptionFeed } from './subscription-feed.js';
import { RECORDED_DISORDER_MS } from './under-way.js';

const DEFAULTS = {
  maxQueued: 4_096,
  maxQueuedBytes: 67_108_864,
  maxReadsInFlight: 64,
  reconnectMs: 10_000,
  answerMs: 5_000,
};

type Opening = Readonly<{
  client: LogClient;
  reads: ServerReads;
  guard: MetadataGuard;
  clock: LogClock;
  signal: AbortSignal;
}>;

/**
 * Looks on at the metadata, from a place on. What it breaks with and would not pass by itself is the guard's, but for
 * one thing: where the user may not look at this moment, the store is opened anew by whoever asks next.
 */
const watchMetadata = ({ client, guard, signal }: Opening, after: Position, openAnew: () => void): void => {
  const aside = (record: ServerRecord): boolean => guard.see(record);
  const prefixes = [...METADATA_PREFIXES, ALL_METADATA_STREAM];
  const feed = new SubscriptionFeed({ client, prefixes, after, signal, aside });
  feed.arrived().catch((error: unknown) => {
    const failure = storeError(error);
    if (failure.code === 'STORE_UNAVAILABLE') openAnew();
    else guard.fail(failure);
  });
};

/** Before anything else: the server's metadata, and the recorded time that the log has reached. Once, unless it fails. */
const openOnce = (opening: Opening): (() => Promise<void>) => {
  const { reads, guard, clock } = opening;
  let opened: Promise<void> | null = null;
  const openAnew = (): void => {
    opened = null;
  };
  const open = async (): Promise<void> => {
    const newest = await reads.newest();
    await guard.look();
    if (newest) clock.see(newest.recordedAt);
    // From a place that was passed before the look began: nothing is written between the two unseen.
    watchMetadata(opening, newest?.position ?? 0n, openAnew);
  };
  return async () => {
    opened ??= open().catch((error: unknown) => {
      openAnew();
      throw error;
    });
    await opened;
    guard.check();
  };
};

/** Many who ask at once for the head share the next answer. */
const shared = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let waiting: Promise<T> | null = null;
  return () => {
    // Asked at the end of the turn, so that it is younger than whoever asked for it.
    waiting ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      waiting = null;
      return ask();
    });
    return waiting;
  };
};

/**
 * The log on EventStoreDB: one call that writes, reads that are bounded, a subscription per reader. It connects when
 * first used, and again by itself, through changes of the leader.
 */
export const createEventStoreDbStore = (given: EventStoreDbStoreOptions): ClosableEventStore => {
  const options = { ...DEFAULTS, ...given };
  const client = new LogClient(options.connectionString);
  const closing = new AbortController();
  const policy = { reconnectMs: options.reconnectMs, signal: closing.signal };
  const reads = createServerReads(client, policy, options.answerMs);
  const guard = createMetadataGuard(reads);
  const clock = createLogClock();
  const seen = createSeenRevisions();
  const writer = createBatchWriter(client, options.answerMs);
  const reservations = createReservations(writer, reads, policy);
  const ready = openOnce({ client, reads, guard, clock, signal: closing.signal });
  const appends = createAppendLog({ ...options, reads, reservations, seen, writer, clock, policy, ready });
  const streams = createStreamReader({ ...options, reads, guard, seen, clock, ready });
  const see = (event: RecordedEvent): void => clock.see(event.recordedAt);
  const newest = shared(() => reads.newest());
  const head = async (): Promise<Position> => {
    if (closing.signal.aborted) throw new LacunaError('STORE_UNAVAILABLE', 'the store is closed');
    await ready();
    const event = await newest();
    if (event) see(event);
    return event?.position ?? 0n;
  };
  const reader = createLogReader({ ...options, client, guard, head, see, closing: closing.signal });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const idle = Promise.all([appends.close(), streams.close()]);
    closing.abort();
    await idle;
    writer.close();
    await client.close();
  };
  return {
    append: async (request) => appends.submit(checkAppend(request)),
    readStream: async (stream, read = {}) => streams.submit(checkStreamRead(stream, read)),
    readAll: (after, read = {}) => reader.readAll(after, read),
    subscribe: (after, read = {}) => reader.subscribe(after, read),
    head,
    close: () => (closed ??= close()),
    recordedDisorderMs: RECORDED_DISORDER_MS,
  };
};
