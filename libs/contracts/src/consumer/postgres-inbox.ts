import type { Pool, PoolClient } from 'pg';
import type { Inbox, Mark } from './inbox.js';

/** The table that a consumer's own database needs, beside what its effects write. */
export const POSTGRES_INBOX_TABLE = `CREATE TABLE IF NOT EXISTS lacuna_inbox (
  consumer text NOT NULL, tenant text NOT NULL, context text NOT NULL, key text NOT NULL,
  sequence text NOT NULL, seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, tenant, context, key))`;

// A key of one record stands with the empty sequence, which is never below itself. The row's lock makes a second
// consumer of the same record, in the middle of a rebalance, wait for the first one's commit.
const PASS = `INSERT INTO lacuna_inbox AS i (consumer, tenant, context, key, sequence)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (consumer, tenant, context, key)
  DO UPDATE SET sequence = excluded.sequence, seen_at = now() WHERE i.sequence < excluded.sequence`;

const inTransaction = async <Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection that failed inside a transaction is not given back: nobody knows what state it is in.
    client.release(true);
    throw error;
  }
};

/**
 * Remembers in the transaction of the effect: what the effect writes through the client it is given happens exactly
 * once, whatever dies when, and whichever member of the group handles the record.
 */
export const postgresInbox = (pool: Pool, consumer: string): Inbox<PoolClient> => ({
  once: (mark: Mark, effect) =>
    inTransaction(pool, async (client) => {
      const { tenant, context, key, sequence } = mark;
      const { rowCount } = await client.query(PASS, [consumer, tenant, context, key, sequence ?? '']);
      if (rowCount === 0) return false;
      await effect(client);
      return true;
    }),
});
