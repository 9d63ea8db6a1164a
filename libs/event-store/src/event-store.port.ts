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
    /**
     * Server-given and never running backwards: `max(previous, business clock)`; where several processes give it
     * (`recordedDisorderMs`), readers who ask for a time take the running maximum.
     */
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
 * `appended`: on disk. `known`: these very event ids stand in this stream already, one after the other; the answer
 * is the first one's. Both name the place of the last event of the request.
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

/** Forward from `from` (0) up, or backward from `from` (the end) down, that revision included. */
export type StreamRead = Readonly<{ direction?: 'forward' | 'backward'; from?: Revision; limit?: number }>;

/** A run of the log in order. `position` has been passed even where `events` is empty; `caughtUp`: this was the head. */
export type LogBatch = Readonly<{ events: readonly RecordedEvent[]; position: Position; caughtUp: boolean }>;

/** `batchSize` (1000): the most events of one batch. `upTo`: the last position that is given. */
export type AllRead = Readonly<{ batchSize?: number; upTo?: Position; signal?: AbortSignal }>;

/**
 * The log. Five methods, one contract suite (`contract/`), native engines. Limits: `EVENT_STORE_LIMITS`.
 *
 * Refused before anything is written (`LacunaError`, the same in every engine):
 * `STREAM_ID_INVALID` (not well-formed Unicode, NUL, empty, too long, or beginning with `$`), `EVENT_ID_INVALID`,
 * `EVENT_INVALID` (type, schema version, not JSON), `EVENT_TOO_LARGE`, `BATCH_LIMIT` (0 or too many events or bytes),
 * `EVENT_ID_REUSED` (some, not all, of the ids are known, or they stand elsewhere or in another order),
 * `REVISION_INVALID`, `INSTANT_INVALID`, `READ_INVALID`, `POSITION_AHEAD_OF_LOG` (a reader has passed what the log
 * does not hold: an older log was restored under it; rebuild the reader),
 * `STORE_BUSY` (queue full: retry with back-off), `STORE_CONTENDED` (the database gave up several times over other
 * writers, or an id may be under way to another stream: it is not settled, retry later), `STORE_REFUSED` (the database
 * refused this very request: a defect, do not retry).
 * Outcome unknown: `STORE_UNAVAILABLE` only.
 */
export interface EventStore {
  /**
   * Appends all events of the request to one stream, or none.
   * Durable when it resolves `appended` or `known`. On `STORE_UNAVAILABLE` the outcome may be unknown:
   * append the same ids again, the answer will be the first one's. On `conflict` load again and decide again.
   */
  append(request: AppendRequest): Promise<AppendResult>;

  /**
   * Reads a stream, at most `limit` (1000) events from `from`. What it returns is durable, and holds every append
   * that was answered before the call. On `STORE_UNAVAILABLE` or `STORE_BUSY` call again.
   */
  readStream(stream: string, read?: StreamRead): Promise<StreamSlice>;

  /**
   * Reads all after a position up to the head of now (or `upTo`), then ends; at least one batch, the last one says
   * whether it was the head. Dense order: nothing later appears before what was given, and what is given is durable.
   * When it throws, read on after the last batch's `position`. An aborted `signal` ends it without an error.
   */
  readAll(after: Position, read?: AllRead): AsyncIterable<LogBatch>;

  /**
   * As `readAll`, and goes on for ever until `signal` aborts (or `upTo` is passed); a lost connection is taken up
   * again where it was. At least once a batch says `caughtUp`; a reader that sees nothing new sees no batch.
   */
  subscribe(after: Position, read?: AllRead): AsyncIterable<LogBatch>;

  /** The position of the last event, durable; 0 for an empty log. Safe to repeat. */
  head(): Promise<Position>;

  /** How far `recordedAt` may run back from one event to a later one; absent: never. */
  readonly recordedDisorderMs?: number;
}

/** An engine that holds connections. `close` answers what is under way, refuses what comes later, ends every reader. */
export type ClosableEventStore = EventStore & { close(): Promise<void> };
