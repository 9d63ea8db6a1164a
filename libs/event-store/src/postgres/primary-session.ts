import { LacunaError } from '@lacuna/domain/kernel';
import type { ClientBase, ClientConfig } from 'pg';

export type SessionOptions = Readonly<{ connectionString: string; statementTimeoutMs: number }>;

/** What every connection of the store is opened with. A query that hangs longer than the server may is cut off. */
export const clientConfig = ({ connectionString, statementTimeoutMs }: SessionOptions): ClientConfig => ({
  connectionString,
  application_name: 'lacuna-event-store',
  connectionTimeoutMillis: 3_000,
  statement_timeout: statementTimeoutMs,
  query_timeout: statementTimeoutMs + 5_000,
  keepAlive: true,
});

/**
 * Makes a new connection fit for the log. A replica is refused (B13): it may lack what was answered a moment ago.
 * A commit is not answered before it is on disk, and every statement sees what was committed before it,
 * whatever the database's defaults are. The log is read through its indexes only.
 */
export const prepareSession = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ replica: boolean }>(`
    SELECT pg_is_in_recovery() AS replica,
           set_config('default_transaction_isolation', 'read committed', false),
           set_config('enable_seqscan', 'off', false),
           set_config('jit', 'off', false),
           set_config('synchronous_commit',
             CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
             ELSE current_setting('synchronous_commit') END, false)`);
  if (rows[0]?.replica)
    throw new LacunaError('STORE_UNAVAILABLE', 'this PostgreSQL is a replica: its log may lag');
};
