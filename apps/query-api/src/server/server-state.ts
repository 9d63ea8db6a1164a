import type { Pool } from 'pg';
import { inPoolTransaction, processors, type ProcessorStatus } from '@lacuna/runtime';
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

const COUNTS = `SELECT (SELECT count(*) FROM log.events WHERE revision = 0)::float8 AS streams,
                       (SELECT count(*) FROM log.events)::float8 AS events`;

/** Whoever asks for the state of a store waits for other things. */
const COUNTING_MS = 3_000;
const CANCELED = '57014';
const isCanceled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === CANCELED;

const NOT_COUNTED = { streams: null, events: null };

const countsIn = async (pool: Pool): Promise<Omit<LogCounts, 'head'>> => {
  try {
    return await inPoolTransaction(pool, async (client) => {
      await client.query(`SET LOCAL statement_timeout = ${COUNTING_MS}`);
      const { rows } = await client.query<Readonly<{ streams: number; events: number }>>(COUNTS);
      return rows[0] ?? NOT_COUNTED;
    });
  } catch (error) {
    if (isCanceled(error)) return NOT_COUNTED;
    throw error;
  }
};

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
export const serverState = ({ pool, store, logEngine, version, standing }: StateSources): ServerState => ({
  version,
  logCounts: async () => ({
    ...(logEngine === 'postgres' ? await countsIn(pool) : NOT_COUNTED),
    head: String(await store.head()),
  }),
  operation: async () => {
    const known = await processors(pool);
    return { processors: known, warnings: [...standing, ...known.flatMap(warningsOf)] };
  },
});
