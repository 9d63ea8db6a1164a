import type { ReadRecorder } from '@lacuna/application';
import type { Custody } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ViewQueries } from '@lacuna/projections';
import type { Clock, ProcessorStatus } from '@lacuna/runtime';

/** What `GetStatus` and `GetServerInfo` say of the server and no view holds. */
export interface ServerState {
  readonly version: string;
  /** `head`: the position of the last event, a decimal string. null: this engine does not count without reading all. */
  logCounts(): Promise<Readonly<{ streams: number | null; events: number | null; head: string }>>;
  /** The consumers of the log that act once (reactor, relay), wherever they run. */
  processors(): Promise<readonly ProcessorStatus[]>;
  /** What an operator must know: a missing runtime role, a paused nightly run. Phrases, without values. */
  warnings(): Promise<readonly string[]>;
}

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
