import { Client } from 'pg';
import { LEASE_MS } from './under-lease.js';

/**
 * Opens sessions to hold a lease with. A database that does not answer is given up after a lease's time: whoever
 * stands by can be told to end, and whoever holds knows by then that it does not hold any more.
 */
export const leaseSessions =
  (databaseUrl: string, ttlMs: number = LEASE_MS): (() => Promise<Client>) =>
  async () => {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'lacuna-lease',
      connectionTimeoutMillis: ttlMs,
      query_timeout: ttlMs,
      keepAlive: true,
    });
    // A cut connection also rejects the query in hand; without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
