/**
 * What one call may ask of a log; every engine refuses more, `GetServerInfo` tells callers.
 * An event is a fact, not a file: with these numbers the largest page of a read stays at 64 MB.
 */
export const EVENT_STORE_LIMITS = {
  /** UTF-8 bytes of a stream id; well inside what a B-tree page of PostgreSQL and a name of EventStoreDB hold. */
  maxStreamIdBytes: 512,
  maxEventTypeBytes: 256,
  maxEventsPerAppend: 10_000,
  /** UTF-8 bytes of an event's envelope: schema version, data and metadata as JSON. */
  maxEventBytes: 65_536,
  /** UTF-8 bytes of all envelopes of one append. */
  maxAppendBytes: 8_388_608,
  maxReadEvents: 1_000,
} as const;

/** Revisions and positions are signed 64-bit numbers in every engine. */
export const MAX_INT64 = 2n ** 63n - 1n;
