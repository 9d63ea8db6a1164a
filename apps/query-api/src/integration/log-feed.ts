import type { RecordedForm } from '@lacuna/domain/integration';

export type FeedBatch = Readonly<{ events: readonly RecordedForm[]; position: bigint; caughtUp: boolean }>;
type FeedRead = Readonly<{ batchSize: number; signal?: AbortSignal }>;

/** What a subscription needs of the log: to read, and nothing else. */
export interface LogFeed {
  head(): Promise<bigint>;
  readAll(after: bigint, read: FeedRead): AsyncIterable<FeedBatch>;
  subscribe(after: bigint, read: FeedRead): AsyncIterable<FeedBatch>;
}

/** Injects the `LogFeed`. */
export const LOG_FEED = Symbol('lacuna.log-feed');

/** Which log this is: its first event and the place it has there. null: it is empty. */
export const logNameOf = async (feed: LogFeed): Promise<string | null> => {
  for await (const { events, position } of feed.readAll(0n, { batchSize: 1 })) {
    const [first] = events;
    if (first !== undefined) return `${String(position)} ${first.id}`;
  }
  return null;
};
