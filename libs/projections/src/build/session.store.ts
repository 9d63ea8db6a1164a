import { Client, DatabaseError, type ClientBase } from 'pg';
import { hasCode } from '@lacuna/domain/kernel';

/** Opens a session of its own: a lease lives as long as the session that holds it. */
export type Connect = () => Promise<Client>;

const CONNECT_MS = 5_000;

/**
 * Commits here need not be on disk when they are answered: rows and checkpoint are lost together or not at all,
 * and are made again from the log. So the views never wait for the disk that the log waits for.
 */
export const connectTo =
  (databaseUrl: string): Connect =>
  async () => {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'lacuna-views',
      options: '-c synchronous_commit=off',
      // A connection that was lost without a word is noticed, where a long statement gets no time of its own.
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
    });
    // A cut connection also rejects the query in hand; without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

export const inTransaction = async <T>(
  client: ClientBase,
  work: () => Promise<T>,
  begin = 'BEGIN',
): Promise<T> => {
  await client.query(begin);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
};

/** A holder that stalls inside a transaction keeps its lease's row locked: the database ends its session after this time. */
export const boundStalls = async (client: ClientBase, ms: number): Promise<void> => {
  await client.query(`SET idle_in_transaction_session_timeout = ${Math.ceil(ms)}`);
};

const LOCK_TROUBLE = ['55P03', '40P01'];

/** A lock was not free in time, or two waited for each other: nothing is wrong, another try may find it free. */
export const isLockTrouble = (error: unknown): boolean =>
  error instanceof DatabaseError && LOCK_TROUBLE.includes(error.code ?? '');

/** The data of an event did not fit (SQLSTATE class 22 or 23): another try would end the same. */
export const isDataFault = (error: unknown): boolean =>
  (error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')) || hasCode(error, 'ROW_MISSING');
