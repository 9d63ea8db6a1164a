import { DatabaseError, type ClientBase } from 'pg';
import { Client } from 'pg';
import { hasCode } from '@lacuna/domain/kernel';

/** Opens a session of its own: a lease lives as long as the session that holds it. */
export type Connect = () => Promise<Client>;

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

/** The data of an event did not fit (SQLSTATE class 22 or 23): another try would end the same. */
export const isDataFault = (error: unknown): boolean =>
  (error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')) || hasCode(error, 'ROW_MISSING');
