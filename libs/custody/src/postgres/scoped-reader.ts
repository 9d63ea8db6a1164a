import { LacunaError } from '@lacuna/domain/kernel';
import type { ScopedKeys, ScopedRef, ScopedRequest, SubjectRef } from '../scopes.port.js';
import { slotName, uniqueSlots } from './asked.js';
import type { Settled } from './batcher.js';
import type { Database } from './database.js';
import type { SubjectRow } from './facts.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { fenceOf, scopeFault } from './open-judge.js';
import { makeScopes } from './scope-store.js';
import { scopedKeys } from './scoped-keys.js';

type ScopedRow = Readonly<{
  state: SubjectRow['state'] | null;
  ref: string | null;
  wrapped: Buffer | null;
  scope_ref: string | null;
  scope_wrapped: Buffer | null;
}>;

/** A row of the statement: of a caller (his state and key), or of a scope (its name and key). */
type AskedRow = Readonly<{
  state: SubjectRow['state'] | null;
  ref: string | null;
  wrapped: Buffer | null;
  scope: string | null;
}>;

/**
 * Fence and key of each caller, in their order, and behind them the key of each scope that is asked for: many callers
 * share a day. A plain read: a lock of the subject's row would be written into the row and the write-ahead log, beside
 * the event that follows, and say whose it is to whoever reads them.
 */
const SCOPED = `
(SELECT s.state, k.ref, k.wrapped, NULL::text AS scope
  FROM unnest($1::text[], $2::text[], $3::text[])
    WITH ORDINALITY AS asked (tenant, subject, category, place)
  LEFT JOIN LATERAL (
    SELECT s.state FROM custody.subjects s
     WHERE s.tenant = asked.tenant AND s.subject = asked.subject LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT k.ref, k.wrapped FROM custody.subject_keys k
     WHERE k.tenant = asked.tenant AND k.subject = asked.subject AND k.category = asked.category LIMIT 1) k ON true
 ORDER BY asked.place)
UNION ALL
(SELECT NULL, c.ref, c.wrapped, concat_ws(' ', c.tenant, c.category, c.scope)
  FROM unnest($4::text[], $5::text[], $6::text[]) AS asked (tenant, category, scope)
  CROSS JOIN LATERAL (
    SELECT * FROM custody.scope_keys c
     WHERE c.tenant = asked.tenant AND c.category = asked.category AND c.scope = asked.scope LIMIT 1) c)`;

const readScoped = async (database: Database, asked: readonly ScopedRef[]): Promise<readonly ScopedRow[]> => {
  const slots = uniqueSlots(asked);
  const rows = await database.read<AskedRow>('scoped', SCOPED, [
    asked.map((one) => one.tenant),
    asked.map((one) => one.subject),
    asked.map((one) => one.category),
    slots.map((slot) => slot.tenant),
    slots.map((slot) => slot.category),
    slots.map((slot) => slot.scope),
  ]);
  const scopes = new Map(rows.slice(asked.length).map((row) => [row.scope ?? '', row]));
  return asked.map((one, index) => {
    const { state, ref, wrapped } = rows[index] as AskedRow;
    const scope = scopes.get(slotName(one));
    return {
      state,
      ref,
      wrapped,
      scope_ref: scope?.ref ?? null,
      scope_wrapped: scope?.wrapped ?? null,
    };
  });
};

const scopeRow = (row: ScopedRow, scope: string) =>
  row.scope_ref === null ? undefined : { scope, ref: row.scope_ref, wrapped: row.scope_wrapped };

/** What stands in the way on the person's side; null: a living key. */
const subjectFault = (row: ScopedRow): LacunaError | null => {
  const fence = fenceOf(row.state);
  if (fence) return fence;
  if (row.ref === null)
    return new LacunaError('SUBJECT_UNPREPARED', 'the subject has no key of this category yet');
  return row.wrapped === null
    ? new LacunaError('SUBJECT_ERASED', 'the key of this category has been destroyed')
    : null;
};

const answer = (keys: KeyOpener, request: ScopedRequest, row: ScopedRow): Settled<ScopedKeys> => {
  const scope = scopeRow(row, request.scope);
  const fault = subjectFault(row) ?? scopeFault(scope, request.mint);
  if (fault) return { error: fault };
  const { tenant, subject, category } = request;
  const owner = { ref: row.ref ?? '', tenant, subject, category };
  const entry = ownFault(() => scope && keys.entry(owner, row.wrapped, scope));
  if (entry instanceof LacunaError) return { error: entry };
  return entry ? { ok: scopedKeys(entry, []) } : { error: scopeFault(undefined, true) as LacunaError };
};

/** The scopes without a key that somebody of those who ask may have made: whoever may not has it made by nobody. */
const lackingScopes = (
  requests: readonly ScopedRequest[],
  rows: readonly ScopedRow[],
): readonly ScopedRequest[] =>
  requests.filter((request, index) => {
    const row = rows[index];
    return request.mint && row !== undefined && row.scope_ref === null && subjectFault(row) === null;
  });

/**
 * `openScoped` of all callers: one statement, and where a scope has no key yet that key and the statement again. What
 * was tried and still is not there has closed; what was not (its caller got a key only since the first look) is tried
 * in its turn: it must not look closed.
 */
export const readScopes = async (
  database: Database,
  keys: KeyOpener,
  requests: readonly ScopedRequest[],
): Promise<readonly Settled<ScopedKeys>[]> => {
  const tried = new Set<string>();
  for (;;) {
    const rows = await readScoped(database, requests);
    const lacking = uniqueSlots(lackingScopes(requests, rows)).filter((slot) => !tried.has(slotName(slot)));
    if (lacking.length === 0)
      return requests.map((request, index) => answer(keys, request, rows[index] as ScopedRow));
    await makeScopes(database, keys.ring, lacking);
    for (const slot of lacking) tried.add(slotName(slot));
  }
};

/** Many scopes of one person. Without a key of the category there is nothing under any of them. */
export const readManyScopes = async (
  database: Database,
  keys: KeyOpener,
  { tenant, subject, category }: SubjectRef & Readonly<{ category: string }>,
  scopes: readonly string[],
): Promise<readonly ScopedKeys[]> => {
  const owner = { tenant, subject, category };
  const rows = await readScoped(
    database,
    scopes.map((scope) => ({ ...owner, scope })),
  );
  const [first] = rows;
  if (first === undefined) return [];
  const fault = subjectFault(first);
  if (fault?.code === 'SUBJECT_UNPREPARED') return [];
  if (fault) throw fault;
  const living = rows.flatMap((row, index) => scopeRow(row, scopes[index] ?? '') ?? []);
  const { ref, wrapped } = first;
  if (ref === null || wrapped === null) return [];
  return keys.entries({ ref, ...owner }, wrapped, living).map((entry) => scopedKeys(entry, []));
};
