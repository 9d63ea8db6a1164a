import type { EventStore, RecordedEvent } from '../event-store.port.js';

/**
 * Puts events into a log as they were in another: same ids, streams, revisions, recorded times and order. What it was
 * given is durable when it resolves; when it throws, a beginning of it may be.
 */
export type LogLoader = Readonly<{
  load(events: readonly RecordedEvent[]): Promise<void>;
  close(): Promise<void>;
}>;

/** A log that can be read and, as its owner, loaded. */
export type LogEnd = Readonly<{
  engine: 'postgres' | 'eventstoredb';
  store: EventStore;
  openLoader(): Promise<LogLoader>;
  close(): Promise<void>;
}>;
