import { Pool, type QueryArrayConfig } from 'pg';
import { kindOfFailure } from './database-errors.js';
import { clientConfig, prepareSession, type SessionOptions } from './primary-session.js';
import { withRetries } from './retry.js';

export type ReadConnections = Readonly<{
  rows<Row>(query: QueryArrayConfig): Promise<Row[]>;
  close(): Promise<void>;
}>;

export type ReadConnectionsOptions = SessionOptions &
  Readonly<{ maxConnections: number; reconnectMs: number }>;

/** A few connections for reading. A read may be done twice: after a lost connection it is. */
export const createReadConnections = (options: ReadConnectionsOptions): ReadConnections => {
  const pool = new Pool({
    ...clientConfig(options),
    max: options.maxConnections,
    idleTimeoutMillis: 30_000,
    verify: (client, done) => {
      prepareSession(client).then(() => done(), done);
    },
  });
  // An idle connection that dies is dropped by the pool; one that dies in hand fails its query. Neither ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const once = async <Row>(query: QueryArrayConfig): Promise<Row[]> => {
    const client = await pool.connect();
    let failure: Error | undefined;
    try {
      return (await client.query(query)).rows as Row[];
    } catch (error) {
      if (kindOfFailure(error) === 'lost') failure = error as Error;
      throw error;
    } finally {
      client.release(failure);
    }
  };
  return {
    rows: (query) => withRetries({ reconnectMs: options.reconnectMs }, () => once(query)),
    close: () => pool.end(),
  };
};
