import type { EpochMap } from './key-ring.js';

export type SubjectId = Readonly<{ tenant: string; subject: string }>;

export type KeyRow = Readonly<{ category: string; ref: string; wrapped: Buffer | null }>;
export type SubjectRow = Readonly<{
  state: 'live' | 'restricted' | 'erased';
  keys: ReadonlyMap<string, KeyRow>;
}>;
export type ScopeRow = Readonly<{ scope: string; ref: string; wrapped: Buffer | null }>;

/** What custody knows about the subjects of a batch, at one moment. */
export type Facts = Readonly<{
  epochs: EpochMap;
  subject(id: SubjectId): SubjectRow | undefined;
  scope(tenant: string, category: string, scope: string): ScopeRow | undefined;
  /** The current request epoch; 0: none yet. */
  requestEpoch(tenant: string): number;
}>;

type KeyTuple = readonly [
  tenant: string,
  subject: string,
  category: string,
  ref: string,
  wrapped: string | null,
];

export type FactsRow = Readonly<{
  subjects: readonly (readonly [tenant: string, subject: string, state: SubjectRow['state']])[];
  keys: readonly KeyTuple[];
  scopes: readonly (readonly [
    tenant: string,
    category: string,
    scope: string,
    ref: string,
    wrapped: string | null,
  ])[];
  epochs: EpochMap;
  requests: readonly (readonly [tenant: string, epoch: number])[];
}>;

/**
 * One statement, one row: the subjects asked for ($1, $2) and the scopes ($3 to $5). With `lock` the subjects' rows are held (FOR SHARE) until the transaction ends, so that
 * a restriction waits for it, or is seen by it; their states are the newest even where the lock had to wait.
 */
export const factsQuery = (lock: boolean): string => `
WITH asked AS (SELECT * FROM unnest($1::text[], $2::text[]) AS a (tenant, subject)),
held AS (
  SELECT s.tenant, s.subject, s.state FROM custody.subjects s JOIN asked USING (tenant, subject)
  ORDER BY s.tenant, s.subject ${lock ? 'FOR SHARE OF s' : ''}
)
SELECT
  (SELECT coalesce(json_agg(json_build_array(tenant, subject, state)), '[]') FROM held) AS subjects,
  (SELECT coalesce(json_agg(json_build_array(k.tenant, k.subject, k.category, k.ref, encode(k.wrapped, 'hex'))), '[]')
     FROM custody.subject_keys k JOIN asked USING (tenant, subject)) AS keys,
  (SELECT coalesce(json_agg(json_build_array(c.tenant, c.category, c.scope, c.ref, encode(c.wrapped, 'hex'))), '[]')
     FROM custody.scope_keys c
     JOIN unnest($3::text[], $4::text[], $5::text[]) AS a (tenant, category, scope)
       USING (tenant, category, scope)) AS scopes,
  (SELECT json_object_agg(key_class, current) FROM custody.epochs) AS epochs,
  (SELECT coalesce(json_agg(json_build_array(r.tenant, r.epoch)), '[]')
     FROM (SELECT tenant, max(epoch) AS epoch FROM custody.request_keys
            WHERE tenant = ANY (SELECT DISTINCT tenant FROM asked) GROUP BY tenant) r) AS requests`;

// A tenant holds no space, so no two pairs of names meet in one key.
const pair = (tenant: string, name: string): string => `${tenant} ${name}`;

const bytes = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));

export const readFacts = (row: FactsRow): Facts => {
  const keys = new Map<string, Map<string, KeyRow>>();
  for (const [tenant, subject, category, ref, wrapped] of row.keys) {
    const name = pair(tenant, subject);
    const own = keys.get(name) ?? new Map<string, KeyRow>();
    keys.set(name, own.set(category, { category, ref, wrapped: bytes(wrapped) }));
  }
  const subjects = new Map<string, SubjectRow>(
    row.subjects.map(([tenant, subject, state]) => {
      const name = pair(tenant, subject);
      return [name, { state, keys: keys.get(name) ?? new Map<string, KeyRow>() }];
    }),
  );
  const scopes = new Map<string, ScopeRow>(
    row.scopes.map(([tenant, category, scope, ref, wrapped]) => [
      pair(pair(tenant, category), scope),
      { scope, ref, wrapped: bytes(wrapped) },
    ]),
  );
  const requests = new Map(row.requests);
  return {
    epochs: row.epochs,
    subject: ({ tenant, subject }) => subjects.get(pair(tenant, subject)),
    scope: (tenant, category, scope) => scopes.get(pair(pair(tenant, category), scope)),
    requestEpoch: (tenant) => requests.get(tenant) ?? 0,
  };
};
