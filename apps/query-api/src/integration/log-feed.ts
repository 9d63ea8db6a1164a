import type { RecordedForm } from '@lacuna/domain/integration';

/** An event and its place: where a subscriber goes on who was given it last. */
export type FedEvent = RecordedForm & Readonly<{ position: bigint }>;
export type FeedBatch = Readonly<{ events: readonly FedEvent[]; position: bigint; caughtUp: boolean }>;
type FeedRead = Readonly<{ batchSize: number; signal?: AbortSignal }>;

/** What a subscription needs of the log: to read, and nothing else. */
export interface LogFeed {
  head(): Promise<bigint>;
  subscribe(after: bigint, read: FeedRead): AsyncIterable<FeedBatch>;
  /** Which log this is, by its first event and the place it has there. null: it is empty. */
  name(): Promise<string | null>;
}

/** Injects the `LogFeed`. */
export const LOG_FEED = Symbol('lacuna.log-feed');
