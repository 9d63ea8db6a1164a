import type { Pool, PoolClient } from 'pg';

/** Runs on a connection of the pool, in a transaction: all of it is written, or nothing. */
export const inPoolTransaction = async <T>(
  pool: Pool,
  run: (client: PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection that failed inside a transaction is not given back: nobody knows what state it is in.
    client.release(true);
    throw error;
  }
};
