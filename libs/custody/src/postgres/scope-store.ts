import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom, bytesToUuid } from '../sealing/byte-string.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import type { Database } from './database.js';
import { scopeContext } from './key-opener.js';
import type { KeyRing } from './key-ring.js';

export type ScopeSlot = Readonly<{ tenant: string; category: string }>;

/** A new row reference: opaque, random. */
export const freshRef = (): string => bytesToUuid(freshRandom(16));

/** Makes the scope keys that are not there yet; of two makers at once the first stands. Rare: once per tenant and category. */
export const makeScopes = async (
  database: Database,
  ring: KeyRing,
  slots: readonly ScopeSlot[],
): Promise<void> => {
  const made = (): Promise<boolean> =>
    database.aside('shared', async (client) => {
      const epoch = await client.query<{ current: number }>(
        `SELECT current FROM custody.epochs WHERE key_class = 'scope'`,
      );
      const current = epoch.rows[0]?.current ?? 0;
      if (!ring.matches({ scope: current })) return false;
      for (const slot of slots) {
        const ref = freshRef();
        const wrapped = ring.wrap('scope', scopeContext(ref, slot), freshRandom(KEY_BYTES));
        await client.query(
          `INSERT INTO custody.scope_keys (ref, tenant, category, scope, kek_epoch, wrapped)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, category, scope) DO NOTHING`,
          [ref, slot.tenant, slot.category, MEMBERSHIP, current, wrapped],
        );
      }
      return true;
    });
  while (!(await made())) await ring.refresh();
};
