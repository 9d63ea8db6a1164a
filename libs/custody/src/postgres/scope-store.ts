import type { PoolClient } from 'pg';
import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom, bytesToUuid } from '../sealing/byte-string.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import { slotName } from './asked.js';
import type { Database } from './database.js';
import { scopeContext, type ScopeSlot } from './key-opener.js';
import type { KeyRing } from './key-ring.js';

/** A new row reference: opaque, random. */
export const freshRef = (): string => bytesToUuid(freshRandom(16));

/** Two scopes of one form: a day never stands before a month, nor either before the name of an activity. */
const closes = (through: string, scope: string): boolean =>
  through.length === scope.length && scope <= through;

/**
 * Takes the row in which a category's horizon stands, making it where there is none: whoever would mint and whoever
 * destroys meet in it, so that no key is made behind a destruction's back.
 */
export const lockHorizon = async (
  client: PoolClient,
  { tenant, category }: Readonly<{ tenant: string; category: string }>,
  mode: 'SHARE' | 'UPDATE',
): Promise<string> => {
  await client.query(
    `INSERT INTO custody.scope_horizons (tenant, category) VALUES ($1, $2)
     ON CONFLICT (tenant, category) DO NOTHING`,
    [tenant, category],
  );
  // In a statement of its own: its snapshot must see what was committed while we waited for the row.
  const found = await client.query<{ through: string }>(
    `SELECT through FROM custody.scope_horizons WHERE tenant = $1 AND category = $2 FOR ${mode}`,
    [tenant, category],
  );
  return found.rows[0]?.through ?? '';
};

const currentEpoch = async (client: PoolClient): Promise<number> => {
  const found = await client.query<{ current: number }>(
    `SELECT current FROM custody.epochs WHERE key_class = 'scope'`,
  );
  return found.rows[0]?.current ?? 0;
};

/** False: the horizon has passed this scope. A tombstone stays what it is. */
export const insertScope = async (
  client: PoolClient,
  ring: KeyRing,
  slot: ScopeSlot,
  kekEpoch: number,
): Promise<boolean> => {
  const through = slot.scope === MEMBERSHIP ? '' : await lockHorizon(client, slot, 'SHARE');
  if (closes(through, slot.scope)) return false;
  const ref = freshRef();
  const wrapped = ring.wrap('scope', scopeContext(ref, slot), freshRandom(KEY_BYTES), kekEpoch);
  await client.query(
    `INSERT INTO custody.scope_keys (ref, tenant, category, scope, kek_epoch, wrapped)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, category, scope) DO NOTHING`,
    [ref, slot.tenant, slot.category, slot.scope, kekEpoch, wrapped],
  );
  return true;
};

/** A transaction in which scope keys can be wrapped; run again where a rotation has moved on. */
export const withScopeEpoch = async (
  database: Database,
  ring: KeyRing,
  work: (client: PoolClient, kekEpoch: number) => Promise<void>,
): Promise<void> => {
  const once = (): Promise<boolean> =>
    database.aside('shared', async (client) => {
      const epoch = await currentEpoch(client);
      if (!ring.matches({ scope: epoch })) return false;
      await work(client, epoch);
      return true;
    });
  while (!(await once())) await ring.refresh();
};

/**
 * Makes the scope keys that are not there yet, but for those that are destroyed or behind the horizon; of two makers at
 * once the first stands. Rare: once per tenant, category and scope.
 */
export const makeScopes = (database: Database, ring: KeyRing, slots: readonly ScopeSlot[]): Promise<void> =>
  withScopeEpoch(database, ring, async (client, kekEpoch) => {
    // In one order, so that two makers wait for each other in one direction only.
    const ordered = [...slots].sort((left, right) => (slotName(left) < slotName(right) ? -1 : 1));
    for (const slot of ordered) await insertScope(client, ring, slot, kekEpoch);
  });
