import type { PoolClient } from 'pg';
import {
  claimTag,
  holderTag,
  lookupKeys,
  openInner,
  sealBody,
  type ClaimBody,
  type LookupKeys,
} from '../claims/claim-codec.js';
import { bodyOf } from '../claims/claim-view.js';
import { KEY_BYTES, toKey } from '../sealing/aead.js';
import { freshRandom } from '../sealing/byte-string.js';
import { StaleEpochs } from './database.js';
import type { KeyOpener } from './key-opener.js';
import { fromKeysAsked, KEY_WITH_SCOPE, ownerOf, scopeRowOf, type KeyWithScopeRow } from './key-rows.js';
import { rewrapImports } from './import-store.js';
import { lookupContext, type KeyRing } from './key-ring.js';
import { requestContext, type RequestKeyRow } from './request-keys.js';
import { freshRef } from './scope-store.js';

type ClaimRow = Readonly<{ id: string; tenant: string; kind: string; body: Buffer }>;

const CHUNK = 1_000;

/** A new epoch key, wrapped under the new key-encryption key; one that a crash left behind is taken up again. */
export const makeLookupKey = async (client: PoolClient, ring: KeyRing, epoch: number): Promise<void> => {
  const ref = freshRef();
  const wrapped = ring.wrap('lookup', lookupContext(ref, epoch), freshRandom(KEY_BYTES), epoch);
  await client.query(
    `INSERT INTO custody.lookup_keys (epoch, ref, kek_epoch, wrapped) VALUES ($1, $2, $1, $3)
     ON CONFLICT (epoch) DO NOTHING`,
    [epoch, ref, wrapped],
  );
};

export const readLookupKey = async (
  client: PoolClient,
  ring: KeyRing,
  epoch: number,
): Promise<LookupKeys> => {
  const found = await client.query<{ ref: string; wrapped: Buffer }>(
    'SELECT ref, wrapped FROM custody.lookup_keys WHERE epoch = $1',
    [epoch],
  );
  const row = found.rows[0];
  if (!row) throw new StaleEpochs();
  return lookupKeys(epoch, toKey(ring.unwrap(row.wrapped, lookupContext(row.ref, epoch))));
};

const HOLDERS = `SELECT ${KEY_WITH_SCOPE} ${fromKeysAsked(
  'unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (tenant, subject, category, scope)',
  'owner',
)}`;

type OpenedClaim = Readonly<{ row: ClaimRow; body: ClaimBody }>;

/** The inner tags of a chunk, by claim id: what no longer has its holder's key, or its scope's, gives none. */
const innerTags = async (
  client: PoolClient,
  keys: KeyOpener,
  claims: readonly OpenedClaim[],
): Promise<ReadonlyMap<string, Buffer>> => {
  const found = await client.query<KeyWithScopeRow>(HOLDERS, [
    claims.map(({ row }) => row.tenant),
    claims.map(({ body }) => body.subject),
    claims.map(({ body }) => body.category),
    claims.map(({ body }) => body.scope),
  ]);
  const name = (...parts: readonly string[]): string => parts.join(' ');
  const holders = new Map(
    found.rows.map((row) => [name(row.tenant, row.subject, row.category, row.scope), row] as const),
  );
  const inners = new Map<string, Buffer>();
  for (const { row, body } of claims) {
    const holder = holders.get(name(row.tenant, body.subject, body.category, body.scope));
    const entry = holder && keys.entry(ownerOf(holder), holder.wrapped, scopeRowOf(holder));
    const inner = entry && openInner(entry.key('claim'), row, body.inner);
    if (inner) inners.set(row.id, inner);
  }
  return inners;
};

type Computed = Readonly<{ id: string; tag: Buffer; holder: Buffer; body: Buffer }>;

const compute = ({ row, body }: OpenedClaim, next: LookupKeys, inner: Buffer): Computed => {
  const tag = claimTag(next, inner);
  return {
    id: row.id,
    tag,
    holder: holderTag(next, row.tenant, body.subject),
    body: sealBody(next, row, tag, body),
  };
};

export type Staging = Readonly<{ from: LookupKeys; to: LookupKeys }>;

// OFFSET 0 keeps the question a look-up by key for each row. As a join it was planned by what claims_next held at its last
// statistics, nothing, and every chunk read all of it: minutes of a night's run instead of seconds.
const IS_STAGED = 'EXISTS (SELECT FROM custody.claims_next n WHERE n.id = c.id AND n.epoch = $1 OFFSET 0)';

/** Computes the next claims after an id under the new epoch; answers the last id, or null when there are no more. */
export const stageChunk = async (
  client: PoolClient,
  keys: KeyOpener,
  { from, to }: Staging,
  after: string,
): Promise<string | null> => {
  const found = await client.query<ClaimRow>(
    `SELECT c.id, c.tenant, c.kind, c.body FROM custody.claims c
      WHERE c.id > $2 AND NOT ${IS_STAGED} ORDER BY c.id LIMIT ${CHUNK}`,
    [to.epoch, after],
  );
  const opened = found.rows.map((row) => {
    const body = bodyOf(from, row);
    if (!body) throw new StaleEpochs();
    return { row, body };
  });
  const inners = await innerTags(client, keys, opened);
  const computed = opened.flatMap((claim) => {
    const inner = inners.get(claim.row.id);
    return inner ? [compute(claim, to, inner)] : [];
  });
  await client.query(
    `INSERT INTO custody.claims_next (id, epoch, tag, holder, body)
     SELECT id, $5, tag, holder, body
       FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) AS n (id, tag, holder, body)
     ON CONFLICT (id) DO UPDATE SET epoch = $5, tag = excluded.tag, holder = excluded.holder, body = excluded.body`,
    [
      computed.map((one) => one.id),
      computed.map((one) => one.tag),
      computed.map((one) => one.holder),
      computed.map((one) => one.body),
      to.epoch,
    ],
  );
  return found.rows.length === CHUNK ? (found.rows.at(-1)?.id ?? null) : null;
};

const rewrapRequestKeys = async (client: PoolClient, ring: KeyRing, epoch: number): Promise<void> => {
  const found = await client.query<RequestKeyRow>(
    'SELECT tenant, epoch, ref, wrapped FROM custody.request_keys WHERE kek_epoch < $1',
    [epoch],
  );
  for (const row of found.rows) {
    const context = requestContext(row.ref, row.tenant, row.epoch);
    const wrapped = ring.wrap('lookup', context, ring.unwrap(row.wrapped, context), epoch);
    await client.query(
      'UPDATE custody.request_keys SET wrapped = $3, kek_epoch = $4 WHERE tenant = $1 AND epoch = $2',
      [row.tenant, row.epoch, wrapped, epoch],
    );
  }
};

/** Puts the computed claims in the place of the old ones, under the exclusive lock: nobody looks up meanwhile. */
export const switchClaims = async (client: PoolClient, keys: KeyOpener, staging: Staging): Promise<void> => {
  for (let after: string | null = '0'; after !== null;)
    after = await stageChunk(client, keys, staging, after);
  // What could not be computed belongs to nobody any more.
  await client.query(`DELETE FROM custody.claims c WHERE NOT ${IS_STAGED}`, [staging.to.epoch]);
  await client.query(
    'DELETE FROM custody.claims_open o WHERE NOT EXISTS (SELECT FROM custody.claims c WHERE c.id = o.id)',
  );
  await client.query(
    `UPDATE custody.claims c SET tag = n.tag, holder = n.holder, body = n.body
       FROM custody.claims_next n WHERE n.id = c.id AND n.epoch = $1`,
    [staging.to.epoch],
  );
  await client.query('DELETE FROM custody.claims_next');
  await rewrapRequestKeys(client, keys.ring, staging.to.epoch);
  await rewrapImports(client, keys.ring, staging.to.epoch);
  await client.query('DELETE FROM custody.lookup_keys WHERE epoch < $1', [staging.to.epoch]);
};
