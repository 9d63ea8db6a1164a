/** The limits that `GetServerInfo` states and the transport enforces. */
export const limits = {
  /** A larger message is refused by its length prefix, before its bytes are buffered. */
  maxMessageBytes: 4 * 1024 * 1024,
  maxMetadataBytes: 16 * 1024,
  /** Calls one connection may have open at once; a further one waits at the client. */
  maxConcurrentCalls: 1_000,
  /** Calls a process has open at once, over all its connections; a further one is refused, and told when to try again. */
  maxCalls: 2_000,
  /** Connections a process keeps; a further one is closed. Each may hold a file, a window and its streams. */
  maxConnections: 1_000,
  /** After so long a connection is asked to come again, elsewhere perhaps; what it has open may go on for the grace: the longest
   * that a call may last, which is a quarter of an hour and a little more. */
  maxConnectionAgeMs: 3_600_000,
  maxConnectionGraceMs: 960_000,
  /** A connection without a call is closed after so long. */
  maxConnectionIdleMs: 600_000,
  /** How often a connection is asked whether anybody is there, and how long it has for the answer. */
  pingMs: 20_000,
  pingAnswerMs: 10_000,
  /** Over HTTP: health, metrics, public keys. */
  maxHttpConnections: 200,
  httpHeadersMs: 10_000,
  httpRequestMs: 30_000,
  /** Records of one streaming call that are worked on at once; further ones wait in the sender's flow control. */
  maxRecordsInFlight: 64,
  /** Records of behaviour that are recorded together: of a streaming call, or of one chunk of an import. */
  maxRecordsInBatch: 500,
  maxPageSize: 1_000,
  /** How long calls may go on after a shutdown has begun. */
  shutdownMs: 5_000,
} as const;
