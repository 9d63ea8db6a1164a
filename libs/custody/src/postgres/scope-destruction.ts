import type { PoolClient } from 'pg';
import type { DestroyedScope, ScopeDestruction } from '../scopes.port.js';
import { claimTag, innerTag } from '../claims/claim-codec.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import { removeTagged } from './claim-store.js';
import { StaleEpochs, type Database } from './database.js';
import { destructionTime, markDirty, readEpochs } from './destruction.js';
import type { KeyOpener } from './key-opener.js';
import { freshRef, lockHorizon } from './scope-store.js';

/** The kind of the claims that say whose a participant id is. */
export const PARTICIPANT = 'participant';

type ScopeTombstone = Readonly<{ scope: string; destroyed_at: Date }>;

export type ScopesDestroyed = Readonly<{ scopes: readonly DestroyedScope[]; refs: readonly string[] }>;

const toDestroyed = (row: ScopeTombstone): DestroyedScope => ({
  scope: row.scope,
  destroyedAt: row.destroyed_at.toISOString(),
});

/** Of one form with the horizon: text of one length and digits alone sorts as the calendar does. */
const COVERED = `scope <> '${MEMBERSHIP}' AND length(scope) = length($3) AND scope COLLATE "C" <= $3`;

const raiseHorizon = (client: PoolClient, { tenant, category }: ScopeDestruction, through: string) =>
  client.query(
    `UPDATE custody.scope_horizons SET through = $3
      WHERE tenant = $1 AND category = $2 AND (length(through) <> length($3) OR through < $3)`,
    [tenant, category, through],
  );

/** A scope that is named and has no key gets its tombstone all the same: it is never made any more. */
const buryUnmade = (
  client: PoolClient,
  { tenant, category }: ScopeDestruction,
  step: Readonly<{ scopes: readonly string[]; at: string }>,
) =>
  client.query(
    `INSERT INTO custody.scope_keys (ref, tenant, category, scope, kek_epoch, destroyed_at, had_key)
     SELECT ref, $1, $2, scope, 0, $5, false FROM unnest($3::uuid[], $4::text[]) AS n (ref, scope)
     ON CONFLICT (tenant, category, scope) DO NOTHING`,
    [tenant, category, step.scopes.map(freshRef), step.scopes, step.at],
  );

const removeParticipants = (client: PoolClient, keys: KeyOpener, request: ScopeDestruction) => {
  const slot = { tenant: request.tenant, kind: PARTICIPANT };
  const tags = (request.participants ?? []).map((id) => claimTag(keys.ring.lookup, innerTag(slot, id)));
  return removeTagged(client, slot, tags);
};

/**
 * The transaction that forgets what everybody left in a scope: its work is the scopes' few rows. The horizon's row is
 * held from its first statement on, so that whoever would make one of these keys came before, and is seen, or finds
 * the tombstone or the horizon.
 */
export const destroyScopes = async (
  client: PoolClient,
  keys: KeyOpener,
  request: ScopeDestruction,
): Promise<ScopesDestroyed> => {
  await lockHorizon(client, request, 'UPDATE');
  const { epochs, lastCut } = await readEpochs(client);
  if (!keys.ring.matches({ lookup: epochs.lookup })) throw new StaleEpochs();
  const at = destructionTime(request.now, lastCut);
  const { scopes } = request;
  const through = 'through' in scopes;
  if (through) await raiseHorizon(client, request, scopes.through);
  else await buryUnmade(client, request, { scopes, at });
  const asked = [request.tenant, request.category, through ? scopes.through : scopes];
  const which = `tenant = $1 AND category = $2 AND ${through ? COVERED : 'scope = ANY ($3::text[])'}`;
  const emptied = await client.query<{ ref: string }>(
    `UPDATE custody.scope_keys SET wrapped = NULL, destroyed_at = $4
      WHERE ${which} AND wrapped IS NOT NULL RETURNING ref`,
    [...asked, at],
  );
  const refs = emptied.rows.map((row) => row.ref);
  const claims = await removeParticipants(client, keys, request);
  if (refs.length > 0) await markDirty(client, ['scope'], at);
  if (claims) await markDirty(client, ['lookup'], at);
  const gone = await client.query<ScopeTombstone>(
    `SELECT scope, destroyed_at FROM custody.scope_keys
      WHERE ${which} AND wrapped IS NULL AND had_key ORDER BY scope COLLATE "C"`,
    asked,
  );
  return { scopes: gone.rows.map(toDestroyed), refs };
};

export const livingScopes = async (
  database: Database,
  tenant: string,
  category: string,
): Promise<readonly string[]> => {
  const rows = await database.read<{ scope: string }>(
    'scopes-living',
    `SELECT scope FROM custody.scope_keys
      WHERE tenant = $1 AND category = $2 AND scope <> $3 AND wrapped IS NOT NULL ORDER BY scope COLLATE "C"`,
    [tenant, category, MEMBERSHIP],
  );
  return rows.map((row) => row.scope);
};

export const destroyedScopes = async (
  database: Database,
  slot: Readonly<{ tenant: string; category: string }>,
  since: string,
): Promise<readonly DestroyedScope[]> => {
  const rows = await database.read<ScopeTombstone>(
    'scopes-destroyed',
    `SELECT scope, destroyed_at FROM custody.scope_keys
      WHERE tenant = $1 AND category = $2 AND destroyed_at >= $3 AND had_key
      ORDER BY destroyed_at, scope COLLATE "C"`,
    [slot.tenant, slot.category, since],
  );
  return rows.map(toDestroyed);
};
