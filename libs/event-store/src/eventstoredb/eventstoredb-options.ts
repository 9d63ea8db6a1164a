export type EventStoreDbStoreOptions = Readonly<{
  /** `esdb://` or `esdb+discover://`, with TLS, credentials and cluster; a secret. */
  connectionString: string;
  /** Requests that may wait (appends and reads each); beyond it `STORE_BUSY`. */
  maxQueued?: number;
  maxQueuedBytes?: number;
  maxReadsInFlight?: number;
  /** A lost connection or leader is taken up again for so long; then `STORE_UNAVAILABLE`. */
  reconnectMs?: number;
  /** What is not answered within so long is asked again. */
  answerMs?: number;
}>;
