/** The limits that `GetServerInfo` states and the transport enforces. */
export const limits = {
  /** A larger message is refused by its length prefix, before its bytes are buffered. */
  maxMessageBytes: 4 * 1024 * 1024,
  maxMetadataBytes: 16 * 1024,
  /** Calls one connection may have open at once; a further one waits at the client. */
  maxConcurrentCalls: 1_000,
  /** Records of one streaming call that are worked on at once; further ones wait in the sender's flow control. */
  maxRecordsInFlight: 64,
  /** Records of behaviour that are recorded together: of a streaming call, or of one chunk of an import. */
  maxRecordsInBatch: 500,
  maxPageSize: 1_000,
  /** How long calls may go on after a shutdown has begun. */
  shutdownMs: 5_000,
} as const;
