import type { Pool } from 'pg';
import { processors, type ProcessorStatus } from '@lacuna/runtime';
import type { ServerState } from '../query-api.ports.js';

/** What the state of a store is read from. */
export type StateSources = Readonly<{
  pool: Pool;
  store: Readonly<{ head(): Promise<bigint> }>;
  /** Only where the log is in the database can it be counted without reading it. */
  logEngine: 'postgres' | 'eventstoredb';
  version: string;
  /** Warnings that hold from the start on. */
  standing: readonly string[];
}>;

type LogCounts = Awaited<ReturnType<ServerState['logCounts']>>;

const COUNTS = `SELECT (SELECT count(*) FROM log.events WHERE revision = 0)::int AS streams,
                       (SELECT count(*) FROM log.events)::int AS events`;

const PAUSED =
  'the nightly run is paused: the real clock has jumped. Look at it, then "lacuna clock confirm-jump"';

/** A holder speaks every few seconds; one that is silent for so long has ended, or stands still. */
const SILENT_MS = 30_000;

const warningsOf = ({ name, state, failures, silentMs }: ProcessorStatus): readonly string[] => [
  ...(name === 'reactor' && state === 'paused' ? [PAUSED] : []),
  ...(state === 'stopped' || silentMs > SILENT_MS
    ? [`nobody runs the ${name}: it was last heard of ${Math.round(silentMs / 1000)} s ago`]
    : []),
  ...failures.map(({ kind, code }) => `not done, and tried again: ${kind} (${code})`),
];

/** What `status` says of the store's processes and its log, whichever process is asked. */
export const serverState = ({ pool, store, logEngine, version, standing }: StateSources): ServerState => {
  const counts = async (): Promise<Omit<LogCounts, 'head'>> => {
    if (logEngine !== 'postgres') return { streams: null, events: null };
    const { rows } = await pool.query<Readonly<{ streams: number; events: number }>>(COUNTS);
    return rows[0] ?? { streams: 0, events: 0 };
  };
  return {
    version,
    logCounts: async () => ({ ...(await counts()), head: String(await store.head()) }),
    processors: () => processors(pool),
    warnings: async () => [...standing, ...(await processors(pool)).flatMap(warningsOf)],
  };
};
