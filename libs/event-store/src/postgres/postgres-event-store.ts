import type { ClosableEventStore } from '../event-store.port.js';
import { checkAppend } from '../log/append-checks.js';
import { checkStreamRead } from '../log/read-checks.js';
import { createLogListener } from './log-listener.js';
import { createLogReader } from './log-reader.js';
import { createLogWriter } from './log-writer.js';
import { createReadConnections } from './read-connections.js';
import { createStreamReader } from './stream-reader.js';

export type PostgresEventStoreOptions = Readonly<{
  /** As the runtime role; a pooler in front must keep sessions (prepared statements, LISTEN). */
  connectionString: string;
  /** Requests that may wait for their batch (appends and reads each); beyond it `STORE_BUSY`. */
  maxQueued?: number;
  maxQueuedBytes?: number;
  maxReadConnections?: number;
  /** A lost connection is taken up again for so long; then `STORE_UNAVAILABLE`. */
  reconnectMs?: number;
  statementTimeoutMs?: number;
  /** How often a subscriber looks by itself, should a notice be lost. */
  pollMs?: number;
}>;

const DEFAULTS = {
  maxQueued: 4_096,
  maxQueuedBytes: 67_108_864,
  maxReadConnections: 4,
  reconnectMs: 10_000,
  statementTimeoutMs: 60_000,
  pollMs: 1_000,
};

/**
 * The log on PostgreSQL: one connection that writes by group commit, a few that read, one that listens once somebody
 * subscribes. It connects when first used, and again by itself.
 */
export const createPostgresEventStore = (given: PostgresEventStoreOptions): ClosableEventStore => {
  const options = { ...DEFAULTS, ...given };
  const connections = createReadConnections({ ...options, maxConnections: options.maxReadConnections });
  const writer = createLogWriter(options);
  const streams = createStreamReader(connections, options.maxQueued);
  const listener = createLogListener(options);
  const reader = createLogReader({
    connections,
    listener,
    maxPagesInFlight: options.maxReadConnections,
    maxQueued: options.maxQueued,
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    listener.close();
    await Promise.all([writer.close(), streams.close(), reader.close()]);
    await connections.close();
  };
  return {
    append: async (request) => writer.append(checkAppend(request)),
    readStream: async (stream, read = {}) => streams.submit(checkStreamRead(stream, read)),
    readAll: (after, read = {}) => reader.readAll(after, read),
    subscribe: (after, read = {}) => reader.subscribe(after, read),
    head: () => reader.head(),
    close: () => (closed ??= close()),
  };
};
