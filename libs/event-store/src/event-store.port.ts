import type { EventMetadata, Instant } from '@lacuna/domain/kernel';

/** A place in the log: opaque, ordered, with gaps. 64 bits; a decimal string at every border. */
export type Position = bigint;

/** A place in a stream: 0, 1, 2 ... without gaps. */
export type Revision = bigint;

/** What an append expects of its stream: that it is not there, that it ends at a revision, or nothing. */
export type ExpectedRevision = Revision | 'none' | 'any';

export type JsonObject = Readonly<Record<string, unknown>>;

/** An event on its way into the log: personal values in `data` are sealed already. */
export type NewEvent = Readonly<{
  /** A UUID in lower case; appending the same id again is answered from the log. */
  id: string;
  type: string;
  schemaVersion: number;
  data: JsonObject;
  metadata: EventMetadata;
}>;

/** An event as the log holds it. */
export type RecordedEvent = NewEvent &
  Readonly<{
    stream: string;
    revision: Revision;
    position: Position;
    /** Server-given and never running backwards: `max(previous, business clock)`. */
    recordedAt: Instant;
  }>;

export type AppendRequest = Readonly<{
  stream: string;
  expected: ExpectedRevision;
  events: readonly NewEvent[];
  /** The business clock of the writer; the log gives `max(previous, now)`. */
  now: Instant;
}>;

/**
 * `appended`: on disk. `known`: these very event ids are in this stream already, the answer is the first one's.
 * `conflict`: nothing was written, the stream ends at `actual` (`null`: it does not exist).
 */
export type AppendResult =
  | Readonly<{ kind: 'appended' | 'known'; revision: Revision; position: Position; recordedAt: Instant }>
  | Readonly<{ kind: 'conflict'; actual: Revision | null }>;

export type StreamSlice = Readonly<{
  events: readonly RecordedEvent[];
  /** The stream's last revision when it was read; `null`: no such stream. */
  last: Revision | null;
}>;

export type StreamRead = Readonly<{ direction?: 'forward' | 'backward'; from?: Revision; limit?: number }>;

/** A run of the log in order. `position` has been passed even where `events` is empty; `caughtUp`: this was the head. */
export type LogBatch = Readonly<{ events: readonly RecordedEvent[]; position: Position; caughtUp: boolean }>;

export type AllRead = Readonly<{ batchSize?: number; upTo?: Position; signal?: AbortSignal }>;

/**
 * The log. Five methods, one contract suite (`@lacuna/event-store` exports it from `contract/`), native engines.
 *
 * Errors are `LacunaError`s: `STREAM_ID_INVALID`, `EVENT_ID_INVALID`, `EVENT_TOO_LARGE`, `BATCH_LIMIT`
 * (0 or too many events), `EVENT_ID_REUSED` (some, not all, of the ids are known, or are in another stream),
 * `STORE_BUSY` (queue full: retry with back-off), `STORE_UNAVAILABLE`.
 */
export interface EventStore {
  /**
   * Appends all events of the request to one stream, or none.
   * Durable when it resolves `appended` or `known`. On `STORE_UNAVAILABLE` the outcome may be unknown:
   * append the same ids again, the answer will be the first one's. On `conflict` load again and decide again.
   */
  append(request: AppendRequest): Promise<AppendResult>;

  /** Reads a stream, at most `limit` (1000) events from `from`. What it returns is durable. Safe to repeat. */
  readStream(stream: string, read?: StreamRead): Promise<StreamSlice>;

  /** Reads all after a position up to the head of now (or `upTo`), then ends. Dense order: nothing later appears before what was given. */
  readAll(after: Position, read?: AllRead): AsyncIterable<LogBatch>;

  /** As `readAll`, and goes on for ever until `signal` aborts; a lost connection is taken up again where it was. */
  subscribe(after: Position, read?: AllRead): AsyncIterable<LogBatch>;

  /** The position of the last event; 0 for an empty log. */
  head(): Promise<Position>;
}
