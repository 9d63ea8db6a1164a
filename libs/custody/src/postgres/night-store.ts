import { LacunaError } from '@lacuna/domain/kernel';
import { DerivedKeys } from '../keys/derived-keys.js';
import { oneFactorKey } from '../sealing/key-derivation.js';
import type { Database } from './database.js';
import type { ScopeRow } from './facts.js';
import type { KeyOpener } from './key-opener.js';
import { insertScope, lockHorizon, withScopeEpoch } from './scope-store.js';

/** The category of what the statistics of one night are made of. */
export const NIGHT = 'night';

export type NightRef = Readonly<{ tenant: string; night: string }>;

export type NightRow = Readonly<{
  night: string;
  from_position: string;
  state: 'open' | 'closing';
  ref: string;
  wrapped: Buffer | null;
}>;

const NIGHTS = `
SELECT n.night, n.from_position, n.state, c.ref, c.wrapped
  FROM custody.nights n
  JOIN custody.scope_keys c ON c.tenant = n.tenant AND c.category = '${NIGHT}' AND c.scope = n.night`;

export const readNight = async (
  database: Database,
  { tenant, night }: NightRef,
): Promise<NightRow | undefined> => {
  const rows = await database.read<NightRow>('night', `${NIGHTS} WHERE n.tenant = $1 AND n.night = $2`, [
    tenant,
    night,
  ]);
  return rows[0];
};

export const closingNights = (
  database: Database,
  tenant: string,
  through: string,
): Promise<readonly NightRow[]> =>
  database.read<NightRow>(
    'nights-closing',
    `${NIGHTS} WHERE n.tenant = $1 AND n.night <= $2 AND n.state = 'closing' AND c.wrapped IS NOT NULL
      ORDER BY n.night`,
    [tenant, through],
  );

export const nightClosed = (): LacunaError =>
  new LacunaError('NIGHT_CLOSED', 'this night is being counted, or has been: ask the clock again');

/** The night's key alone: its copies are nobody's. Null: destroyed. */
export const nightKeys = (keys: KeyOpener, tenant: string, row: NightRow): DerivedKeys | null => {
  const scopeRow: ScopeRow = { scope: row.night, ref: row.ref, wrapped: row.wrapped };
  const key = keys.scope({ tenant, category: NIGHT }, scopeRow);
  return key && new DerivedKeys(oneFactorKey(key), { tenant, category: NIGHT, scope: row.night });
};

/** Makes the night and its key where there is none; of two makers at once the first stands. */
export const makeNight = (
  database: Database,
  keys: KeyOpener,
  { tenant, night }: NightRef,
  from: bigint,
): Promise<void> =>
  withScopeEpoch(database, keys.ring, async (client, kekEpoch) => {
    const made = await insertScope(client, keys.ring, { tenant, category: NIGHT, scope: night }, kekEpoch);
    if (!made) throw nightClosed();
    await client.query(
      `INSERT INTO custody.nights (tenant, night, from_position) VALUES ($1, $2, $3)
       ON CONFLICT (tenant, night) DO NOTHING`,
      [tenant, night, from.toString()],
    );
  });

/** No night up to this one is made or held any more, from the commit on. */
export const markClosing = (database: Database, tenant: string, through: string): Promise<void> =>
  database.aside('shared', async (client) => {
    await lockHorizon(client, { tenant, category: NIGHT }, 'UPDATE');
    await client.query(
      `UPDATE custody.scope_horizons SET through = $3 WHERE tenant = $1 AND category = $2 AND through < $3`,
      [tenant, NIGHT, through],
    );
    await client.query(
      `UPDATE custody.nights SET state = 'closing' WHERE tenant = $1 AND night <= $2 AND state = 'open'`,
      [tenant, through],
    );
  });

/** Of a night, for all processes: shared by who records into it, exclusive for a moment by who closes it. */
const LOCK = `hashtextextended('lacuna.custody.night ' || $1 || ' ' || $2, 0)`;

export const LOCK_SHARED = `SELECT pg_advisory_lock_shared(${LOCK})`;
export const UNLOCK_SHARED = `SELECT pg_advisory_unlock_shared(${LOCK})`;

/** Whether nobody holds the night's lock, and how many have registered as its holders. */
export const askHolders = async (
  database: Database,
  { tenant, night }: NightRef,
): Promise<Readonly<{ free: boolean; holders: number }>> => {
  const rows = await database.read<{ free: boolean; holders: number }>(
    'night-holders',
    `SELECT pg_try_advisory_xact_lock(${LOCK}) AS free,
            (SELECT count(*)::int FROM custody.night_holders WHERE tenant = $1 AND night = $2) AS holders`,
    [tenant, night],
  );
  return rows[0] ?? { free: false, holders: 0 };
};

export const registerHolder = (database: Database, { tenant, night }: NightRef, holder: string) =>
  database.read(
    'night-holder-in',
    'INSERT INTO custody.night_holders (tenant, night, holder) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [tenant, night, holder],
  );

export const dismissHolder = (database: Database, { tenant, night }: NightRef, holder: string) =>
  database.read(
    'night-holder-out',
    'DELETE FROM custody.night_holders WHERE tenant = $1 AND night = $2 AND holder = $3',
    [tenant, night, holder],
  );

export const dismissAll = (database: Database, { tenant, night }: NightRef) =>
  database.read('night-holders-out', 'DELETE FROM custody.night_holders WHERE tenant = $1 AND night = $2', [
    tenant,
    night,
  ]);
