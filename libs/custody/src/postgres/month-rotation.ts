import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import { StaleEpochs, type Database } from './database.js';
import type { KeyRing } from './key-ring.js';
import { insertRequestKey } from './request-keys.js';

type NewestRow = Readonly<{ tenant: string; epoch: number; month: string | null }>;

const NEWEST = `SELECT DISTINCT ON (tenant) tenant, epoch, month FROM custody.request_keys
 ORDER BY tenant, epoch DESC`;

/** The next request key; the one it follows is kept for retries, older ones go, and the lookup class is due. */
const nextKey = async (
  client: PoolClient,
  ring: KeyRing,
  row: NewestRow,
  step: Readonly<{ month: string; now: string }>,
): Promise<void> => {
  const slot = {
    tenant: row.tenant,
    epoch: row.epoch + 1,
    month: step.month,
    kekEpoch: ring.epoch('lookup'),
  };
  await insertRequestKey(client, ring, slot);
  await client.query(
    `WITH gone AS (DELETE FROM custody.request_keys WHERE tenant = $1 AND epoch < $2 RETURNING 1)
     UPDATE custody.epochs SET dirty = true, last_destroyed = greatest(last_destroyed, $3::timestamptz)
      WHERE key_class = 'lookup' AND EXISTS (SELECT FROM gone)`,
    [row.tenant, row.epoch, step.now],
  );
};

/** Changes the request keys of all tenants when the month is a later one; a key made meanwhile learns its month. */
export const changeMonth = (database: Database, ring: KeyRing, now: string, month: string): Promise<void> => {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month))
    throw new LacunaError('CUSTODY_ARGUMENT_INVALID', 'a month is written 1998-07');
  return database.aside('exclusive', async (client) => {
    const epoch = await client.query<{ current: number }>(
      `SELECT current FROM custody.epochs WHERE key_class = 'lookup'`,
    );
    if (!ring.matches({ lookup: epoch.rows[0]?.current ?? 0 })) throw new StaleEpochs();
    const newest = await client.query<NewestRow>(NEWEST);
    for (const row of newest.rows)
      if (row.month !== null && row.month < month) await nextKey(client, ring, row, { month, now });
    await client.query('UPDATE custody.request_keys SET month = $1 WHERE month IS NULL', [month]);
  });
};
