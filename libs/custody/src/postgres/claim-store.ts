import type { PoolClient } from 'pg';
import type { ClaimRow } from '../claims/claim-view.js';
import { pack } from './packed.js';

export type NewClaim = Readonly<{
  /** `claimKey`, made once. */
  key: string;
  tenant: string;
  kind: string;
  tag: Buffer;
  holder: Buffer;
  body: Buffer;
  openedAt: string;
}>;

export const claimKey = (claim: Readonly<{ tenant: string; kind: string; tag: Buffer }>): string =>
  `${claim.tenant} ${claim.kind} ${claim.tag.toString('base64')}`;

/** Each once, and sorted: two batches that meet wait for each other in one direction only. */
const sorted = (claims: readonly NewClaim[]): readonly NewClaim[] =>
  [...new Map(claims.map((claim) => [claim.key, claim]))]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, claim]) => claim);

const INSERT = `
WITH asked AS (
  SELECT tenant, kind, opened_at, place,
         substring($4::bytea FROM (place::int - 1) * 32 + 1 FOR 32) AS tag,
         substring($5::bytea FROM (place::int - 1) * 32 + 1 FOR 32) AS holder,
         substring($6::bytea FROM start FOR size) AS body
    FROM unnest($1::text[], $2::text[], $3::timestamptz[], $7::int[], $8::int[])
      WITH ORDINALITY AS a (tenant, kind, opened_at, start, size, place)
), made AS (
  INSERT INTO custody.claims (tenant, kind, tag, holder, body)
  SELECT tenant, kind, tag, holder, body FROM asked ORDER BY place
  ON CONFLICT (tenant, kind, tag) DO NOTHING
  RETURNING id, tenant, kind, tag
), opened AS (
  INSERT INTO custody.claims_open (id, opened_at)
  SELECT made.id, asked.opened_at FROM made JOIN asked USING (tenant, kind, tag)
)
SELECT id, tenant, kind, tag FROM made`;

/** Inserts what is free; answers the ids of what was inserted, by `claimKey`. */
export const insertClaims = async (
  client: PoolClient,
  claims: readonly NewClaim[],
): Promise<ReadonlyMap<string, string>> => {
  if (claims.length === 0) return new Map();
  const rows = sorted(claims);
  const bodies = pack(rows.map((row) => row.body));
  const made = await client.query<Pick<ClaimRow, 'id' | 'tenant' | 'kind' | 'tag'>>({
    name: 'claims-insert',
    text: INSERT,
    values: [
      rows.map((row) => row.tenant),
      rows.map((row) => row.kind),
      rows.map((row) => row.openedAt),
      Buffer.concat(rows.map((row) => row.tag)),
      Buffer.concat(rows.map((row) => row.holder)),
      bodies.bytes,
      bodies.starts,
      bodies.sizes,
    ],
  });
  return new Map(made.rows.map((row) => [claimKey(row), row.id]));
};

export const FIND_CLAIMS = `
SELECT c.id, c.tenant, c.kind, c.tag, c.holder, c.body, o.opened_at
  FROM custody.claims c
  JOIN unnest($1::text[], $2::text[], $3::bytea[]) AS asked (tenant, kind, tag) USING (tenant, kind, tag)
  LEFT JOIN custody.claims_open o ON o.id = c.id`;

export const findClaims = async (
  client: PoolClient,
  claims: readonly Readonly<{ tenant: string; kind: string; tag: Buffer }>[],
): Promise<ReadonlyMap<string, ClaimRow>> => {
  if (claims.length === 0) return new Map();
  const found = await client.query<ClaimRow>({
    name: 'claims-find',
    text: FIND_CLAIMS,
    values: [
      claims.map((claim) => claim.tenant),
      claims.map((claim) => claim.kind),
      claims.map((claim) => claim.tag),
    ],
  });
  return new Map(found.rows.map((row) => [claimKey(row), row]));
};

/** Takes claims out; the lookup class is then due for a rotation, after which nothing of them can be computed again. */
export const removeClaims = async (client: PoolClient, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  await client.query({
    name: 'claims-remove',
    text: `WITH gone AS (DELETE FROM custody.claims WHERE id = ANY ($1::bigint[]) RETURNING id),
                opened AS (DELETE FROM custody.claims_open WHERE id = ANY ($1::bigint[]))
           UPDATE custody.epochs SET dirty = true
            WHERE key_class = 'lookup' AND NOT dirty AND EXISTS (SELECT FROM gone)`,
    values: [ids],
  });
};

export const confirmClaims = async (client: PoolClient, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  await client.query({
    name: 'claims-confirm',
    text: 'DELETE FROM custody.claims_open WHERE id = ANY ($1::bigint[])',
    values: [ids],
  });
};

const removeWhere = async (client: PoolClient, which: string, values: unknown[]): Promise<boolean> => {
  const gone = await client.query<{ id: string }>(
    `DELETE FROM custody.claims WHERE ${which} RETURNING id`,
    values,
  );
  await client.query('DELETE FROM custody.claims_open WHERE id = ANY ($1::bigint[])', [
    gone.rows.map((row) => row.id),
  ]);
  return gone.rows.length > 0;
};

/** All claims of these holders; whether there was one. The caller marks the class. */
export const removeHeld = (client: PoolClient, holders: readonly Buffer[]): Promise<boolean> =>
  removeWhere(client, 'holder = ANY ($1::bytea[])', [holders]);

/** The claims of one kind with these tags; whether there was one. The caller marks the class. */
export const removeTagged = async (
  client: PoolClient,
  { tenant, kind }: Readonly<{ tenant: string; kind: string }>,
  tags: readonly Buffer[],
): Promise<boolean> =>
  tags.length > 0 &&
  (await removeWhere(client, 'tenant = $1 AND kind = $2 AND tag = ANY ($3::bytea[])', [tenant, kind, tags]));
