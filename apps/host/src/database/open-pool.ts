import { Pool } from 'pg';

/**
 * What runs on this pool is short: a place is read, a row is written. A connection that was lost without a word
 * answers nothing for ever, so whoever asks is told after this time, and the connection is thrown away.
 */
const QUERY_MS = 15_000;
/** For a connection, or for one of the others to be free. */
const CONNECT_MS = 5_000;
const MOST = 4;

/** The pool of a process, for all that is neither log nor custody nor views: no question in it waits without end. */
export const openPool = (url: string, queryMs = QUERY_MS): Pool => {
  const pool = new Pool({
    connectionString: url,
    max: MOST,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: queryMs,
  });
  // A connection that breaks, idle or in hand, fails its query and ends no process (A02).
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};
