import type { ReadRecorder } from '@lacuna/application';
import type { Custody } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ViewQueries } from '@lacuna/projections';
import type { Clock, ProcessorStatus } from '@lacuna/runtime';

/** What `GetStatus` and `GetServerInfo` say of the server and no view holds. */
export interface ServerState {
  readonly version: string;
  /**
   * `head`: the position of the last event, a decimal string. null: it cannot be counted within seconds, since the log
   * is too long for that, or its engine does not count.
   */
  logCounts(): Promise<Readonly<{ streams: number | null; events: number | null; head: string }>>;
  operation(): Promise<Operation>;
}

/**
 * `processors`: the consumers of the log that act once (reactor, relay), wherever they run. `warnings`: what an operator
 * must know, such as a missing runtime role or a paused nightly run. Phrases, without values.
 */
export type Operation = Readonly<{
  processors: readonly ProcessorStatus[];
  warnings: readonly string[];
}>;

/** Injects the `ServerState`. */
export const SERVER_STATE = Symbol('lacuna.server-state');

/** Injects the store's key for cursors, 32 bytes. */
export const CURSOR_KEY = Symbol('lacuna.cursor-key');

/** Injects the `DemoIssuer`, or `null` where tokens come from a real issuer. */
export const DEMO_ISSUER = Symbol('lacuna.demo-issuer');

/** What the log takes at once, for `GetServerInfo`. */
export type LogLimits = Readonly<{ maxEventsPerAppend: number; maxEventBytes: number }>;

export const LOG_LIMITS = Symbol('lacuna.log-limits');

/** Everything a read needs of the outside. */
export type QueryPorts = Readonly<{
  packs: ReadonlyMap<string, PolicyPack>;
  /** To find, unseal and name; a read never makes or destroys a key. */
  custody: Pick<
    Custody,
    | 'lookup'
    | 'streamNames'
    | 'unseal'
    | 'openScopes'
    | 'status'
    | 'counts'
    | 'rotations'
    | 'livingScopes'
    | 'openImports'
  >;
  views: ViewQueries;
  recorder: ReadRecorder;
  clock: Clock;
  server: ServerState;
}>;

export const QUERY_PORTS = Symbol('lacuna.query-ports');
