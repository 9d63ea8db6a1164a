/** A key with the key of the scope it is asked for with: the two factors, as they stand. */
export type KeyWithScopeRow = Readonly<{
  ref: string;
  tenant: string;
  subject: string;
  category: string;
  wrapped: Buffer | null;
  scope: string;
  scope_ref: string;
  scope_wrapped: Buffer | null;
}>;

export const KEY_WITH_SCOPE =
  'k.ref, k.tenant, k.subject, k.category, k.wrapped, c.scope, c.ref AS scope_ref, c.wrapped AS scope_wrapped';

const BY: Readonly<Record<'ref' | 'owner', string>> = {
  ref: 'k.ref = asked.ref',
  owner: 'k.tenant = asked.tenant AND k.subject = asked.subject AND k.category = asked.category',
};

/**
 * FROM: the key of each row of `asked` (by its `ref`, or by `tenant, subject, category`) as `k`, and the key of its
 * category for `asked.scope` as `c`; rows that lack one of them are left out.
 *
 * LIMIT 1 says nothing new of unique keys, but holds the order of the joins: each asks for its own rows. Left to itself
 * the planner began with the one scope key of the tenant, and read every key of it to find ten.
 */
export const fromKeysAsked = (asked: string, by: keyof typeof BY): string => `
  FROM ${asked}
  CROSS JOIN LATERAL (SELECT * FROM custody.subject_keys k WHERE ${BY[by]} LIMIT 1) k
  CROSS JOIN LATERAL (
    SELECT c.scope, c.ref, c.wrapped FROM custody.scope_keys c
     WHERE c.tenant = k.tenant AND c.category = k.category AND c.scope = asked.scope LIMIT 1) c`;

export const ownerOf = ({ ref, tenant, subject, category }: KeyWithScopeRow) => ({
  ref,
  tenant,
  subject,
  category,
});

export const scopeRowOf = (row: KeyWithScopeRow) => ({
  scope: row.scope,
  ref: row.scope_ref,
  wrapped: row.scope_wrapped,
});
