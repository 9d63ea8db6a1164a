import type { DoubleFaults } from './double-faults.js';
import type { DoubleLog } from './double-log.js';
import type { DoubleUser } from './double-node.js';

export type EventStoreDbDoubleOptions = Readonly<{
  /** Of the first node; 0: any free one. */
  port?: number;
  nodes?: number;
  file?: string;
  systemEventEvery?: number;
  /** The server's own default is 1 MiB. */
  maxAppendSize?: number;
  /** Whom it lets in; TLS only, since the client sends no credentials without. */
  user?: DoubleUser;
  tls?: Readonly<{ certificate: Buffer; key: Buffer }>;
}>;

/** A cluster of nodes on one log, which speaks the protocol of the client over sockets. */
export type EventStoreDbDouble = Readonly<{
  /** `esdb://` for one node, `esdb+discover://` for several. */
  connectionString: string;
  ports: readonly number[];
  log: DoubleLog;
  faults: DoubleFaults;
  /** Another node leads from now on; `null`: none does, as in an election. */
  lead(node: number | null): void;
  /** How many records the followers are behind. */
  fallBehind(records: number): void;
  dropConnections(): void;
  close(): Promise<void>;
}>;
