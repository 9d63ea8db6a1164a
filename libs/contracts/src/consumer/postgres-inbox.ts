import type { Pool, PoolClient } from 'pg';
import type { Inbox, Mark } from './inbox.js';

/**
 * The table that a consumer's own database needs, beside what its effects write. It knows the day at the finest: a
 * finer time beside a behaviour's reference would say more of it than the reference does. (Tables of before had one.)
 */
export const POSTGRES_INBOX_TABLE = `CREATE TABLE IF NOT EXISTS lacuna_inbox (
  consumer text NOT NULL, tenant text NOT NULL, context text NOT NULL, key text NOT NULL,
  sequence text NOT NULL, seen_on date NOT NULL DEFAULT current_date,
  PRIMARY KEY (consumer, tenant, context, key));
ALTER TABLE lacuna_inbox ADD COLUMN IF NOT EXISTS seen_on date NOT NULL DEFAULT current_date,
  DROP COLUMN IF EXISTS seen_at`;

// A key of one record stands with the empty sequence, which is never below itself. The row's lock makes a second
// consumer of the same record, in the middle of a rebalance, wait for the first one's commit.
const PASS = `INSERT INTO lacuna_inbox AS i (consumer, tenant, context, key, sequence)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (consumer, tenant, context, key)
  DO UPDATE SET sequence = excluded.sequence, seen_on = current_date WHERE i.sequence < excluded.sequence`;

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

const FORGET = `DELETE FROM lacuna_inbox
  WHERE consumer = $1 AND sequence = '' AND seen_on < current_date - $2::integer`;

/** Longer than a topic of such records keeps them: what is forgotten cannot come again. */
const FORGET_AFTER_DAYS = 32;

/**
 * Forgets the records that stood alone under their key (behaviour) and cannot come again: call it once a day, or the
 * table grows by a row for each, and keeps references that are gone everywhere else. Gives how many went.
 */
export const forgetLoneRecords = async (
  pool: Pool,
  consumer: string,
  olderThanDays = FORGET_AFTER_DAYS,
): Promise<number> => (await pool.query(FORGET, [consumer, olderThanDays])).rowCount ?? 0;
