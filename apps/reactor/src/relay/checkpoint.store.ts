import type { Pool, PoolClient } from 'pg';
import type { Position } from '@lacuna/event-store';
import { inPoolTransaction, type HeldLease } from '@lacuna/runtime';

/** How far the log has been published. */
export type Checkpoint = Readonly<{
  /** The name of this store's publisher, made once. */
  publisher(): Promise<string>;
  /** In a transaction under the lease, as `move`: `LEASE_LOST` for an earlier holder. */
  read(held: HeldLease): Promise<Position>;
  move(held: HeldLease, to: Position): Promise<void>;
}>;

export const RELAY = 'relay';

const MAKE = 'INSERT INTO meta.relay (name) VALUES ($1) ON CONFLICT (name) DO NOTHING';

/** How far this store has been published, as it stands; also before anybody has published anything. */
export const relayPosition = async (client: Pool | PoolClient): Promise<Position> => {
  const { rows } = await client.query<{ position: string }>(
    'SELECT position FROM meta.relay WHERE name = $1',
    [RELAY],
  );
  return BigInt(rows[0]?.position ?? '0');
};

const underLease = <T>(pool: Pool, held: HeldLease, work: (client: PoolClient) => Promise<T>): Promise<T> =>
  inPoolTransaction(pool, async (client) => {
    await held.guard(client);
    return work(client);
  });

export const createCheckpoint = (pool: Pool): Checkpoint => ({
  publisher: async () => {
    await pool.query(MAKE, [RELAY]);
    const { rows } = await pool.query<{ publisher: string }>(
      'SELECT publisher FROM meta.relay WHERE name = $1',
      [RELAY],
    );
    return `lacuna-relay-${rows[0]?.publisher ?? ''}`;
  },
  read: (held) => underLease(pool, held, relayPosition),
  move: (held, to) =>
    underLease(pool, held, async (client) => {
      await client.query('UPDATE meta.relay SET position = $2 WHERE name = $1', [RELAY, to.toString()]);
    }),
});
