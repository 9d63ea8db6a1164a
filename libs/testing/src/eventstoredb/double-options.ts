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
  /** A node loses its cluster: it lives, and is ready for nobody; `null`: none has. */
  isolate(node: number | null): void;
  /** Nothing that is sent to a node, or by it, arrives any more; `null`: everything does again. */
  freeze(node: number | null): void;
  dropConnections(): void;
  /** The whole cluster is away: nobody listens at its addresses. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}>;
